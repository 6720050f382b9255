"""Which contract answers: by path, and on /v1/sessions by credential; or by host name."""
import pytest

FASTAPI, TRUTHLOCKS, LUXXON, DREADNODE = ["detail"], ["code", "message", "http_status", "details"], [
    "statusCode", "code", "message", "timestamp"], ["code", "detail", "type"]
SHIELD = ["type", "title", "status", "detail", "instance", "error", "details", "request_id"]
NATIVE = ["type", "title", "status", "detail", "instance", "reason", "request_id"]


@pytest.mark.parametrize("path, members", [
    ("/api/sessions", SHIELD), ("/api/users/7/sessions", SHIELD), ("/api/sessions?x=1", SHIELD),
    ("/api/v1/org/a/ws/b/sessions", DREADNODE), ("/api/v1/organisations", LUXXON),
    ("/api/v1/sessions", LUXXON), ("/api/v1/wallet", LUXXON),
    ("/v1/sessions/devin-1/message", FASTAPI), ("/v1/sessions/x/tags", FASTAPI), ("/v1/sessions", FASTAPI),
    ("/v1/sessions?limit=1", FASTAPI),
    ("/v1/sessions/x/terminate", TRUTHLOCKS), ("/v1/agent-sessions", TRUTHLOCKS), ("/v1/agents/x/kill", TRUTHLOCKS),
    ("/v1/audit?limit=1", TRUTHLOCKS),
    ("/curfew/v1/nothing", NATIVE), ("/", NATIVE), ("/v1", NATIVE), ("/v1/sessionsx", NATIVE), ("/api", NATIVE),
])
def test_by_path(stack, path, members):
    response = stack.send("DELETE", path)
    assert response.status_code in (401, 404, 405), response.text
    assert list(response.json()) == members


@pytest.mark.parametrize("headers, members", [
    ({}, FASTAPI),
    ({"Authorization": "Bearer apk_user_x"}, FASTAPI),
    ({"Authorization": "Bearer " + "a" * 63}, FASTAPI),
    ({"Authorization": "Bearer a.b"}, FASTAPI),
    ({"Authorization": "Bearer a.b.c.d"}, FASTAPI),
    ({"X-API-Key": "tl_live_x"}, TRUTHLOCKS),
    ({"X-Tenant-ID": "x"}, TRUTHLOCKS),
    ({"Authorization": "ApiKey tl_live_x"}, TRUTHLOCKS),
    ({"Authorization": "apikey tl_live_x"}, TRUTHLOCKS),
    ({"Authorization": "Bearer a.b.c"}, TRUTHLOCKS),
    ({"Authorization": "Bearer " + "0f" * 32}, TRUTHLOCKS),
])
@pytest.mark.parametrize("method", ["DELETE", "PATCH"])
def test_by_credential_on_the_path_that_two_share(stack, method, headers, members):
    response = stack.send(method, "/v1/sessions", headers)
    assert list(response.json()) == members


@pytest.mark.parametrize("host, members", [
    ("shield.example.com", SHIELD), ("dreadnode.example.com", DREADNODE), ("devin.example.com", FASTAPI),
    ("truthlocks.example.com", TRUTHLOCKS), ("luxxon.example.com", LUXXON), ("curfew.example.com", NATIVE),
])
def test_by_host(edge, host, members):
    nginx = edge(site="sites.conf")
    response = nginx.send("GET", "/nothing", {"Host": host})
    assert response.status_code == 404
    assert list(response.json()) == members
