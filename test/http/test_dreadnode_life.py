"""Dreadnode's conversations from creation through labels, pin and freeze to archive and back; every filter of its list."""
import pytest

from shapes import TIME, UUID, assert_answer

JSON = {"Content-Type": "application/json"}
USAGE = {"input_tokens": 0, "output_tokens": 0, "cache_read_input_tokens": 0, "cache_creation_input_tokens": 0,
         "total_tokens": 0, "last_generation_input_tokens": None, "cost_usd": 0}


class Client:
    """One person's requests in one workspace."""

    def __init__(self, subject, key, workspace="main"):
        self.subject, self.key = subject, key
        self.base = f"/api/v1/org/{subject.tenant.slug}/ws/{workspace}/sessions"

    def send(self, method, path="", body=None, **headers):
        return self.subject.stack.send(method, self.base + path, {**self.subject.headers(self.key), **JSON, **headers}, body)

    def json(self, method, path="", body=None, status=200):
        response = self.send(method, path, body)
        assert response.status_code == status, response.text
        return response.json()

    def names(self, query=""):
        """The names of the listed sessions, and the total."""
        page = self.json("GET", "?" + query)
        return [session.get("name") for session in page["sessions"]], page["total"]


@pytest.fixture
def dreadnode(subjects, stack, database):
    """A tenant of the test's own."""
    return type(subjects["dreadnode"])(stack, database)


@pytest.fixture
def carol(dreadnode):
    return Client(dreadnode, dreadnode.owner_key)


@pytest.fixture
def reader(dreadnode):
    return Client(dreadnode, dreadnode.stranger_key)


@pytest.fixture
def owner(dreadnode):
    """An Owner of the organisation."""
    return Client(dreadnode, dreadnode.tenant.key(dreadnode.tenant.principal("oscar", role="admin")))


def validation(message, kind, *place):
    return {"code": 422, "detail": message, "errors": [{"loc": list(place), "msg": message, "type": kind}],
            "type": "validation_error"}


def error(status, kind, message):
    return {"code": status, "detail": message, "type": kind}


def test_a_whole_life(dreadnode, carol):
    created = carol.json("POST", "", '{"name": "Talk", "agent": "coder", "model": "m-1", "labels": {"team": ["red"]},'
                         ' "project_id": "p1"}', 201)
    assert created == {
        "id": UUID, "user_id": dreadnode.owner,
        "created_by": {"id": dreadnode.owner, "email": "carol@example.com", "full_name": "Carol Contributor",
                       "username": "carol"},
        "agent": "coder", "model": "m-1", "name": "Talk", "project_id": "p1", "labels": {"team": ["red"]},
        "origin": "user", "usage": USAGE, "created_at": TIME, "updated_at": TIME}
    path = "/" + created["id"]
    assert carol.json("GET", path) == created
    assert carol.json("GET", "/" + created["id"].replace("-", "")[:12]) == created

    labelled = carol.json("PUT", path + "/labels", '{"labels": {"team": ["blue", "green"], "state": []}}')
    assert labelled["labels"] == {"team": ["blue", "green"], "state": []}
    pinned = carol.json("POST", path + "/pin")
    assert pinned == {**labelled, "updated_at": TIME, "pinned_at": TIME}
    assert carol.json("POST", path + "/pin") == pinned
    unpinned = carol.json("POST", path + "/unpin")
    assert "pinned_at" not in unpinned
    assert carol.json("POST", path + "/unpin") == unpinned
    frozen = carol.json("POST", path + "/freeze")
    assert (frozen["frozen_at"], frozen["frozen_by"]) == (TIME, "user")
    assert carol.json("POST", path + "/freeze") == frozen
    archived = carol.json("POST", path + "/archive")
    assert archived["archived_at"] == TIME
    assert carol.json("POST", path + "/archive") == archived
    assert carol.names() == ([], 0)
    back = carol.json("POST", path + "/unarchive")
    assert "archived_at" not in back
    assert carol.json("POST", path + "/unarchive") == back
    assert carol.names() == (["Talk"], 1)
    assert [row["action"] for row in dreadnode.database.audit(created["id"])] == [
        "label", "pin", "unpin", "freeze", "archive", "unarchive"]


def test_what_an_evaluation_froze_says_so(dreadnode, carol):
    session = dreadnode.tenant.session(dreadnode.owner, "conversation", workspace="main", fields={"frozen_by": "evaluation"})
    assert "frozen_by" not in carol.json("GET", "/" + session["id"])
    assert carol.json("POST", f"/{session['id']}/freeze")["frozen_by"] == "evaluation"


def test_usage_and_the_last_message_are_shown(dreadnode, carol):
    session = carol.json("POST", "", '{"name": "Talk"}', 201)["id"]
    call = (dreadnode.tenant.slug, dreadnode.owner)
    dreadnode.database.as_principal(*call, "post_message", session_id=session, message="hello")
    dreadnode.database.as_principal(*call, "update_session", session_id=session,
                                    fields={"usage": {"input_tokens": 7, "total_tokens": 7}})
    shown = carol.json("GET", "/" + session)
    assert shown["last_message_at"] == TIME
    assert shown["usage"] == {**USAGE, "input_tokens": 7, "total_tokens": 7}


def test_of_an_owner_who_left_only_the_id_is_shown(dreadnode, carol):
    other = dreadnode.tenant.principal("gone", role="admin")
    session = dreadnode.tenant.session(other, "conversation", workspace="main")["id"]
    shown = carol.json("GET", "/" + session)
    assert (shown["user_id"], shown["created_by"]) == (other, None)


@pytest.fixture
def listed(dreadnode, carol, owner):
    """Five conversations, the last one archived."""
    bodies = ('{"name": "Alpha", "agent": "coder", "model": "m-1", "labels": {"team": ["red", "blue"], "size": ["s"]}}',
              '{"name": "Beta", "agent": "writer", "model": "m-1", "origin": "eval", "labels": {"team": ["green"]}}',
              '{"name": "Gamma", "agent": "coder", "model": "m-2", "origin": "worker", "project_id": "p1"}')
    ids = {}
    for body in bodies:
        session = carol.json("POST", "", body, 201)
        ids[session["name"]] = session["id"]
    ids["Delta"] = owner.json("POST", "", '{"name": "Delta", "project_id": "p2"}', 201)["id"]
    ids["alphabet"] = carol.json("POST", "", '{"name": "alphabet"}', 201)["id"]
    carol.json("POST", f"/{ids['alphabet']}/archive")
    # Made beside this contract, so without an origin: `user`.
    dreadnode.tenant.session(dreadnode.owner, "conversation", workspace="main", title="Epsilon")
    return ids


@pytest.mark.parametrize("query, names", [
    ("", ["Epsilon", "Delta", "Gamma", "Beta", "Alpha"]),
    ("archived=active", ["Epsilon", "Delta", "Gamma", "Beta", "Alpha"]),
    ("archived=archived", ["alphabet"]),
    ("archived=any", ["Epsilon", "alphabet", "Delta", "Gamma", "Beta", "Alpha"]),
    ("agent=coder", ["Gamma", "Alpha"]),
    ("agent=coder&agent=writer", ["Gamma", "Beta", "Alpha"]),
    ("model=m-1", ["Beta", "Alpha"]),
    ("model=m-1&agent=coder", ["Alpha"]),
    ("origin=user", ["Epsilon", "Delta", "Alpha"]),
    ("origin=eval&origin=worker", ["Gamma", "Beta"]),
    ("origin=training", []),
    ("project_id=p1&project_id=p2", ["Delta", "Gamma"]),
    ("label=team:red", ["Alpha"]),
    ("label=team:blue&label=team:green", ["Beta", "Alpha"]),
    ("label=team:red&label=size:s", ["Alpha"]),
    ("label=team:green&label=size:s", []),
    ("search=ALPH", ["Alpha"]),
    ("search=ALPH&archived=any", ["alphabet", "Alpha"]),
    ("search=%25", []),
    ("agent=a%22%2C%5C%7D", []),
    ("sort_dir=asc", ["Alpha", "Beta", "Gamma", "Delta", "Epsilon"]),
    ("unheard_of=1", ["Epsilon", "Delta", "Gamma", "Beta", "Alpha"]),
])
def test_the_list_is_narrowed_and_sorted(carol, listed, query, names):
    assert carol.names(query) == (names, len(names))


def test_the_list_of_a_user(dreadnode, carol, listed):
    assert carol.names(f"user={dreadnode.owner}") == (["Epsilon", "Gamma", "Beta", "Alpha"], 4)


def test_the_list_by_the_last_message(dreadnode, carol, listed):
    for name in ("Gamma", "Alpha"):
        dreadnode.database.as_principal(dreadnode.tenant.slug, dreadnode.owner, "post_message", session_id=listed[name],
                                        message="hello")
    assert carol.names("sort_by=last_message_at")[0] == ["Alpha", "Gamma", "Epsilon", "Delta", "Beta"]
    assert carol.names("sort_by=last_message_at&sort_dir=asc")[0] == ["Gamma", "Alpha", "Beta", "Delta", "Epsilon"]


def test_pages(carol, listed):
    first = carol.json("GET", "?limit=2")
    assert list(first) == ["sessions", "total", "page", "limit", "has_more"]
    assert (first["total"], first["page"], first["limit"], first["has_more"]) == (5, 1, 2, True)
    last = carol.json("GET", "?limit=2&page=3")
    assert [session["name"] for session in last["sessions"]] == ["Alpha"]
    assert (last["page"], last["has_more"]) == (3, False)
    beyond = carol.json("GET", "?page=9")
    assert (beyond["sessions"], beyond["total"], beyond["limit"], beyond["has_more"]) == ([], 5, 20, False)


def test_a_listed_session_is_the_session(carol, listed):
    for session in carol.json("GET")["sessions"]:
        assert session == carol.json("GET", "/" + session["id"])


@pytest.mark.parametrize("query, name, kind", [
    ("page=0", "page", "value_out_of_range"), ("page=x", "page", "wrong_type"),
    ("limit=0", "limit", "value_out_of_range"), ("limit=101", "limit", "value_out_of_range"),
    ("archived=no", "archived", "unknown_value"), ("sort_by=name", "sort_by", "unknown_value"),
    ("sort_dir=up", "sort_dir", "unknown_value"), ("origin=dream", "origin", "unknown_value"),
    ("user=carol", "user", "wrong_type"), ("label=team", "label", "wrong_type"), ("label=:x", "label", "wrong_type"),
    ("search=" + "x" * 201, "search", "value_out_of_range"),
])
def test_a_query_that_cannot_be(carol, query, name, kind):
    response = carol.send("GET", "?" + query)
    assert response.status_code == 422
    (problem,) = response.json()["errors"]
    assert (problem["loc"], problem["type"]) == (["query", name], kind)
    assert response.json()["type"] == "validation_error"


def test_a_search_of_200_characters(carol):
    assert carol.names("search=" + "%C3%A9" * 200) == ([], 0)


@pytest.mark.parametrize("body, name, kind", [
    ('{"name": 1}', "name", "wrong_type"), ('{"agent": []}', "agent", "wrong_type"),
    ('{"origin": "dream"}', "origin", "unknown_value"), ('{"origin": 1}', "origin", "wrong_type"),
    ('{"labels": {"a": "b"}}', "labels", "wrong_type"), ('{"labels": {"a": [1]}}', "labels", "wrong_type"),
    ('{"labels": []}', "labels", "wrong_type"), ('{"project_id": {}}', "project_id", "wrong_type"),
])
def test_a_creation_that_cannot_be(carol, body, name, kind):
    response = carol.send("POST", "", body)
    assert response.status_code == 422
    (problem,) = response.json()["errors"]
    assert (problem["loc"], problem["type"]) == (["body", name], kind)
    assert carol.names("archived=any") == ([], 0)


def test_a_body_that_is_no_object(carol):
    assert_answer(carol.send("POST", "", "[]"), 422, validation("the body is not a JSON object", "not_object", "body"))
    assert_answer(carol.send("POST", "", "{"), 400, error(400, "invalid_request", "the body is not JSON"))


def test_labels_that_cannot_be(carol):
    session = carol.json("POST", "", "", 201)["id"]
    assert_answer(carol.send("PUT", f"/{session}/labels", "{}"), 422,
                  validation("a required value is missing", "missing_field", "body", "labels"))
    assert_answer(carol.send("PUT", f"/{session}/labels", '{"labels": {"a": "b"}}'), 422,
                  validation("a value has the wrong type", "wrong_type", "body", "labels"))
    assert carol.json("GET", "/" + session)["labels"] == {}


@pytest.mark.parametrize("method, path, body", [
    ("GET", "", None), ("POST", "", "{}"), ("GET", "/{id}", None), ("PUT", "/{id}/labels", '{"labels": {}}'),
    ("POST", "/{id}/pin", None), ("POST", "/{id}/unpin", None), ("POST", "/{id}/freeze", None),
    ("POST", "/{id}/unarchive", None), ("POST", "/bulk-freeze", '{"session_ids": ["{id}"]}')])
def test_who_may(dreadnode, carol, reader, owner, method, path, body):
    """A member, an Owner of the organisation; a Reader reads only; for others the workspace is not there."""
    session = carol.json("POST", "", "{}", 201)["id"]
    path, body = path.replace("{id}", session), body and body.replace("{id}", session)
    fine = 201 if (method, path) == ("POST", "") else 200
    assert carol.send(method, path, body).status_code == fine
    assert owner.send(method, path, body).status_code == fine
    response = reader.send(method, path, body)
    if method == "GET":
        assert response.status_code == 200
    elif path == "/bulk-freeze":
        assert response.json() == {"frozen": [], "forbidden": [session], "not_found": []}
    else:
        assert (response.status_code, response.json()["type"]) == (403, "access_forbidden")
    outsider = Client(dreadnode, dreadnode.tenant.key(dreadnode.tenant.principal("outsider")))
    assert (outsider.send(method, path, body).status_code, outsider.send(method, path, body).json()["type"]) == (404, "not_found")
    nowhere = Client(dreadnode, dreadnode.owner_key, "nowhere")
    assert_answer(nowhere.send(method, path, body), 404, error(404, "not_found", "workspace not found"))
    nobody = Client(dreadnode, None)
    assert_answer(nobody.send(method, path, body), 401, error(401, "authentication_failed", "no credential was given"))


def test_a_session_of_another_workspace_is_not_found(dreadnode, carol):
    dreadnode.tenant.workspace("side")
    dreadnode.tenant.member("side", dreadnode.owner)
    session = carol.json("POST", "", "{}", 201)["id"]
    side = Client(dreadnode, dreadnode.owner_key, "side")
    for method, path in (("GET", ""), ("POST", "/pin"), ("PUT", "/labels")):
        assert_answer(side.send(method, f"/{session}{path}", '{"labels": {}}'), 404, error(404, "not_found", "session not found"))
    assert side.names() == ([], 0)
    assert side.json("POST", "/bulk-freeze", f'{{"session_ids": ["{session}"]}}')["not_found"] == [session]


def test_a_session_that_is_not_there_is_told_before_a_body_that_cannot_be(carol):
    response = carol.send("PUT", "/00000000-0000-4000-8000-000000000000/labels", '{"labels": 1}')
    assert_answer(response, 404, error(404, "not_found", "session not found"))


def test_a_prefix_that_is_not_unique_or_too_short(dreadnode, carol):
    first = carol.json("POST", "", "{}", 201)["id"]
    twin = first[:-4] + ("0000" if first[-4:] != "0000" else "1111")
    dreadnode.database.rows("INSERT INTO curfew.session SELECT (jsonb_populate_record(s, jsonb_build_object('id', %s))).*"
                            " FROM curfew.session s WHERE id = %s", (twin, first))
    assert_answer(carol.send("GET", "/" + first[:18]), 422,
                  validation("the id's prefix is not unique", "ambiguous_id", "path", "session_id"))
    assert_answer(carol.send("GET", "/" + first[:3]), 422,
                  validation("the id is malformed", "malformed_id", "path", "session_id"))


def test_bulk_freeze_gives_each_id_its_outcome(dreadnode, carol, owner):
    own, already, others = (client.json("POST", "", "{}", 201)["id"] for client in (carol, carol, owner))
    carol.json("POST", f"/{already}/freeze")
    unknown = "00000000-0000-4000-8000-000000000000"
    ids = ", ".join(f'"{id}"' for id in (unknown, others, own, already, own.upper()))
    assert_answer(carol.send("POST", "/bulk-freeze", f'{{"session_ids": [{ids}]}}'), 200,
                  {"frozen": [own, already], "forbidden": [others], "not_found": [unknown]})
    assert carol.json("GET", "/" + own)["frozen_by"] == "user"
    assert "frozen_at" not in carol.json("GET", "/" + others)
    assert len(dreadnode.database.audit(already)) == 1


@pytest.mark.parametrize("body, kind", [
    ("{}", "missing_field"), ('{"session_ids": null}', "missing_field"), ('{"session_ids": []}', "value_out_of_range"),
    ('{"session_ids": "x"}', "wrong_type"), ('{"session_ids": ["abcd"]}', "wrong_type"), ('{"session_ids": [1]}', "wrong_type"),
    ('{"session_ids": [%s]}' % ", ".join(['"00000000-0000-4000-8000-000000000000"'] * 201), "value_out_of_range"),
])
def test_a_bulk_freeze_that_cannot_be(carol, body, kind):
    response = carol.send("POST", "/bulk-freeze", body)
    assert response.status_code == 422
    assert response.json()["errors"][0]["loc"] == ["body", "session_ids"]
    assert response.json()["errors"][0]["type"] == kind


def test_bulk_freeze_of_200(carol):
    ids = ", ".join(f'"00000000-0000-4000-8000-{n:012d}"' for n in range(200))
    assert len(carol.json("POST", "/bulk-freeze", f'{{"session_ids": [{ids}]}}')["not_found"]) == 200


def test_methods_of_no_route(carol):
    response = carol.send("DELETE", "")
    assert_answer(response, 405, error(405, "method_not_allowed", "this path does not take that method"))
    assert sorted(response.headers["Allow"].split(", ")) == ["GET", "HEAD", "POST"]
