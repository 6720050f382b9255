"""The OpenAPI documents, held against every answer that a test gets."""
import functools
import json
import pathlib
import re

from jsonschema import Draft202012Validator, RefResolver

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "nginx" / "openapi"
METHODS = ("get", "put", "post", "delete", "patch", "options")


class Document:
    def __init__(self, file):
        self.name = file.stem
        self.tree = json.loads(file.read_text())
        self.resolver = RefResolver.from_schema(self.tree)
        self.paths = [(re.compile(re.sub(r"\{[^}]*\}", "[^/]+", re.escape(path).replace(r"\{", "{").replace(r"\}", "}"))), path)
                      for path in sorted(self.tree["paths"], key=lambda path: (path.count("{"), path))]

    def follow(self, node):
        while "$ref" in node:
            _, node = self.resolver.resolve(node["$ref"])
        return node

    def operation(self, method, path):
        """The operation, None for an unknown path or method."""
        method = "get" if method == "HEAD" else method.lower()
        for pattern, template in self.paths:
            if pattern.fullmatch(path):
                return self.tree["paths"][template].get(method)
        return None

    def knows(self, path):
        return any(pattern.fullmatch(path) for pattern, _ in self.paths)

    def complaints(self, operation, method, response):
        """What the response has that the document does not allow, as sentences."""
        described = operation["responses"].get(str(response.status_code))
        if described is None:
            yield f"status {response.status_code} is not described"
            return
        described = self.follow(described)
        for name, header in described.get("headers", {}).items():
            if self.follow(header).get("required") and name not in response.headers:
                yield f"the header {name} is missing"
        content = described.get("content", {})
        if method == "HEAD" or not content:
            if response.content:
                yield "there is a body"
            return
        kind = response.headers.get("Content-Type", "").split(";")[0]
        if kind not in content:
            yield f"the type {kind} is not described"
            return
        if "json" in kind:
            yield from self.faults(content[kind].get("schema", {}), response)

    def faults(self, schema, response):
        try:
            body = json.loads(response.text)
        except ValueError:
            yield "the body is not JSON"
            return
        for error in Draft202012Validator(schema, resolver=self.resolver).iter_errors(body):
            yield f"{'/'.join(map(str, error.absolute_path)) or 'the body'}: {error.message}"


@functools.cache
def documents():
    return [Document(file) for file in sorted(FOLDER.glob("*.json"))]


def check(method, target, response):
    """Fails where no document that has the operation allows the response. A path that two contracts share is in two."""
    path = target.split("?")[0].split("#")[0]
    complaints = []
    for document in documents():
        operation = document.operation(method, path)
        if operation is None:
            continue
        found = list(document.complaints(operation, method, response))
        if not found:
            return
        complaints += [f"{document.name}: {complaint}" for complaint in found]
    assert not complaints, f"{method} {path} answered {response.status_code} {response.text[:500]}: {complaints}"
