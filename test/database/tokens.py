"""Keys, tokens that are signed with them by the openssl program, and a connection that the tests ask about them."""
import base64
import hashlib
import hmac
import json
import subprocess
import time
import uuid

import psycopg2

ISSUER = "https://login.example/"
SECRET = b"a secret of more than thirty-two bytes"
VALID, INVALID = "valid", "SL401 invalid_credential"


def openssl(*arguments, data=None):
    return subprocess.run(["openssl", *arguments], input=data, capture_output=True, check=True).stdout


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Key:
    """A key pair, and the algorithm of its tokens."""

    def __init__(self, folder, algorithm, kid, *options):
        self.algorithm, self.kid, self.file = algorithm, kid, folder / f"{kid}.pem"
        self.input = folder / f"{kid}.in"
        self.file.write_bytes(openssl("genpkey", *options))
        self.pem = openssl("pkey", "-in", self.file, "-pubout")
        self.der = openssl("pkey", "-in", self.file, "-pubout", "-outform", "DER")

    def jwk(self, **members):
        if self.algorithm == "RS256":
            modulus = openssl("rsa", "-in", self.file, "-noout", "-modulus").strip().partition(b"=")[2]
            key = {"kty": "RSA", "n": base64url(bytes.fromhex(modulus.decode())), "e": "AQAB"}
        elif self.algorithm == "ES256":
            key = {"kty": "EC", "crv": "P-256", "x": base64url(self.der[-64:-32]), "y": base64url(self.der[-32:])}
        else:
            key = {"kty": "OKP", "crv": "Ed25519", "x": base64url(self.der[-32:])}
        return {**key, "kid": self.kid, **members}

    def sign(self, text):
        if self.algorithm == "EdDSA":
            self.input.write_bytes(text)
            return openssl("pkeyutl", "-sign", "-rawin", "-inkey", self.file, "-in", self.input)
        signature = openssl("dgst", "-sha256", "-sign", self.file, data=text)
        if self.algorithm == "RS256":
            return signature
        halves, at = b"", 2  # SEQUENCE of two INTEGERs
        for _ in range(2):
            size = signature[at + 1]
            halves += int.from_bytes(signature[at + 2:at + 2 + size], "big").to_bytes(32, "big")
            at += 2 + size
        return halves


class Secret:
    """A shared secret."""

    def __init__(self, secret):
        self.algorithm, self.kid, self.secret = "HS256", None, secret

    def sign(self, text):
        return hmac.new(self.secret, text, hashlib.sha256).digest()


def token(key, claims=None, header=None, payload=None, **more):
    """A token of olga's that is valid for an hour, but for what the arguments say. None leaves a claim out."""
    header = {"alg": key.algorithm, "kid": key.kid, "typ": "JWT", **(header or {})}
    claims = {"iss": ISSUER, "sub": "olga", "aud": "curfew", "exp": int(time.time()) + 3600, **(claims or {}), **more}
    header, claims = ({name: value for name, value in part.items() if value is not None} for part in (header, claims))
    payload = json.dumps(claims).encode() if payload is None else payload
    text = f"{base64url(json.dumps(header).encode())}.{base64url(payload)}".encode()
    return f"{text.decode()}.{base64url(key.sign(text))}"


class Database:
    """A connection, and what comes of asking it."""

    def __init__(self, connection):
        self.connection = connection

    def row(self, query, *values):
        with self.connection.cursor() as cursor:
            cursor.execute(query, values)
            row = cursor.fetchone() if cursor.description else None
            return row and tuple(row)

    def answer(self, query, *values):
        """What comes of a statement: valid, or SQLSTATE and word."""
        try:
            self.row(query, *values)
            return VALID
        except psycopg2.Error as error:
            return f"{error.pgcode} {error.diag.constraint_name}"

    def greet(self, credential, tenant=None):
        return self.answer("SELECT * FROM curfew.authenticate(%s, %s)", credential, tenant)

    def register(self, tenant, keys=(), issuer=ISSUER, **arguments):
        if keys:
            arguments["jwks"] = json.dumps({"keys": [key.jwk() for key in keys]})
        names = "".join(f", {name} => %s" for name in arguments)
        return self.row(f"SELECT curfew.register_issuer(%s, tenant => %s{names})", issuer, tenant, *arguments.values())

    def tenant(self):
        """A tenant with olga in it: its slug."""
        slug = f"t-{uuid.uuid4().hex[:12]}"
        self.row("SELECT curfew.create_tenant(%s)", slug)
        self.row("SELECT curfew.create_principal('olga', tenant => %s)", slug)
        return slug
