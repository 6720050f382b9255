"""JSON Web Tokens: those that the tests sign, those that somebody has tampered with, and what verifying a hundred thousand
of them costs in memory."""
import base64
import json
import random
import time
import uuid

import pytest

from tokens import INVALID, ISSUER, SECRET, VALID, Database, Key, Secret, base64url, token


@pytest.fixture(scope="module")
def connect(server):
    """Opens connections to a database with the extension."""
    name = server.create_database("jwt")
    server.rows(name, "CREATE EXTENSION curfew")
    yield lambda: server.connect(name)
    server.drop_database(name)


@pytest.fixture(scope="module")
def database(connect):
    with connect() as connection:
        yield Database(connection)


@pytest.fixture
def transaction(connect):
    """A transaction that is open, on a connection of its own."""
    with connect() as connection:
        transaction = Database(connection)
        transaction.row("BEGIN")
        yield transaction


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    rsa = ("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")
    return {"RS256": Key(folder, "RS256", "rsa", *rsa), "RS256 new": Key(folder, "RS256", "rsa-new", *rsa),
            "ES256": Key(folder, "ES256", "ec", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"),
            "EdDSA": Key(folder, "EdDSA", "ed", "-algorithm", "ED25519"), "HS256": Secret(SECRET)}


PUBLIC = ("RS256", "ES256", "EdDSA")
ALL = (*PUBLIC, "HS256")


@pytest.fixture(scope="module")
def tenant(database, keys):
    """A tenant whose issuer has a key of each kind and a secret."""
    slug = database.tenant()
    database.register(slug, [keys[name] for name in PUBLIC], audience="curfew", hs256_secret=SECRET)
    return slug


@pytest.fixture
def greet(database, tenant):
    return lambda credential: database.greet(credential, tenant)


@pytest.mark.parametrize("algorithm", ALL)
def test_a_token_of_each_algorithm_is_valid_by_name_and_by_id(database, tenant, greet, keys, algorithm):
    olga, = database.row("SELECT p.id FROM curfew.principal p JOIN curfew.tenant t ON t.id = tenant_id"
                         " WHERE slug = %s AND p.name = 'olga'", tenant)
    assert greet(token(keys[algorithm])) == VALID
    assert greet(token(keys[algorithm], sub=olga)) == VALID
    row = database.row("SELECT principal_id, session_id FROM curfew.authenticate(%s, %s)", token(keys[algorithm]), tenant)
    assert row == (olga, None)


# in seconds from now
TIMES = [({"exp": -61}, "SL401 jwt_expired"), ({"exp": -30}, VALID), ({"exp": -10**9}, "SL401 jwt_expired"),
         ({"exp": None}, INVALID), ({"nbf": 3000}, "SL401 jwt_not_yet_valid"), ({"nbf": 30}, VALID),
         ({"nbf": 90}, "SL401 jwt_not_yet_valid"), ({"iat": 90}, "SL401 jwt_not_yet_valid"), ({"iat": 30}, VALID),
         ({"exp": 3000, "nbf": -3000, "iat": -3000}, VALID), ({"exp": 0.5}, VALID), ({"exp": 10**12}, VALID)]


@pytest.mark.parametrize("times, answer", TIMES)
def test_times_count_with_the_skew_of_a_minute(greet, keys, times, answer):
    shifted = {name: seconds and time.time() + seconds for name, seconds in times.items()}
    assert greet(token(keys["ES256"], shifted)) == answer


@pytest.mark.parametrize("text", ["-1e999", "1e300", "1e-300", "1e400", '"2100"', "true", "[4102444800]", "{}", "null"])
def test_a_time_that_is_odd_is_an_answer_all_the_same(greet, keys, text):
    for claim in ("exp", "nbf", "iat"):
        times = {"exp": "4102444800", claim: text}
        payload = '{"iss": "%s", "sub": "olga", "aud": "curfew", %s}' % (
            ISSUER, ", ".join(f'"{name}": {value}' for name, value in times.items()))
        answer = greet(token(keys["EdDSA"], payload=payload.encode()))
        assert answer in (VALID, INVALID, "SL401 jwt_expired", "SL401 jwt_not_yet_valid")
        assert (answer == VALID) == (text in {"exp": ("1e300", "1e400")}.get(claim, ("-1e999", "1e-300")))


WRONG = [({"aud": "other"}, INVALID), ({"aud": ["a", "b"]}, INVALID), ({"aud": None}, INVALID), ({"aud": 5}, INVALID),
         ({"aud": []}, INVALID), ({"aud": ["other", "curfew"]}, VALID), ({"aud": "curfew "}, INVALID),
         ({"iss": "https://login.example"}, INVALID), ({"iss": None}, INVALID), ({"iss": 1}, INVALID),
         ({"sub": "nobody"}, INVALID), ({"sub": None}, INVALID), ({"sub": ["olga"]}, INVALID), ({"sub": ""}, INVALID),
         ({"sub": str(uuid.UUID(int=1))}, INVALID), ({"scope": 5}, INVALID), ({"scope": [1]}, INVALID),
         ({"scope": "x" * 63 + " "}, VALID), ({"scope": " ".join(["x" * 60] * 17)}, INVALID)]


@pytest.mark.parametrize("claims, answer", WRONG)
def test_audience_issuer_principal_and_scopes_are_checked(greet, keys, claims, answer):
    assert greet(token(keys["RS256"], claims)) == answer


@pytest.mark.parametrize("algorithm", ALL)
def test_the_algorithm_is_the_keys(greet, keys, algorithm):
    key = keys[algorithm]
    for word in ("none", "None", "", *ALL, "RS384", "PS256", "ES384", "HS512", "rs256", 5, None, ["RS256"]):
        if word != key.algorithm:
            assert greet(token(key, header={"alg": word})) == INVALID
            head, payload, signature = token(key, header={"alg": word}).split(".")
            assert greet(f"{head}.{payload}.") == INVALID


@pytest.mark.parametrize("algorithm", PUBLIC)
def test_a_public_key_is_no_secret(greet, keys, algorithm):
    key = keys[algorithm]
    texts = [key.pem, key.pem.strip(), key.der, json.dumps(key.jwk()).encode(), base64url(key.der).encode()]
    for text in texts:
        for kid in (None, key.kid):
            assert greet(token(Secret(text), header={"kid": kid})) == INVALID


def test_headers_that_ask_for_more_are_invalid(greet, keys):
    key = keys["ES256"]
    other = keys["RS256 new"]
    for header in ({"crit": ["exp"]}, {"crit": []}, {"b64": False, "crit": ["b64"]}, {"kid": "unknown"}, {"kid": ""},
                   {"kid": 5}, {"kid": "ed"}, {"kid": "ec\x00"}):
        assert greet(token(key, header=header)) == INVALID
    for header in ({"jku": "https://evil.example/"}, {"x": {"y": [1]}}, {"typ": "at+jwt"}, {"kid": None}):
        assert greet(token(key, header=header)) == VALID
    assert greet(token(other, header={"jwk": other.jwk()})) == INVALID
    assert greet(token(other, header={"kid": "rsa"})) == INVALID


@pytest.mark.parametrize("algorithm", ALL)
def test_a_token_that_is_cut_or_changed_anywhere_is_invalid(greet, keys, algorithm):
    whole = token(keys[algorithm])
    assert greet(whole) == VALID
    for length in range(1, len(whole)):
        assert greet(whole[:length]) == INVALID, length
    start = whole.rindex(".") + 1
    places = [*range(0, len(whole), 7), *range(start, len(whole), 3), len(whole) - 1]
    for place in places:
        for other in "A", "_", "=", "+", " ", "%", "é":
            if whole[place] != other:
                assert greet(whole[:place] + other + whole[place + 1:]) == INVALID, (place, other)
    signature = base64.urlsafe_b64decode(whole[start:] + "==")
    for place in range(len(signature)):
        flipped = bytes(byte ^ (1 << place % 8) if at == place else byte for at, byte in enumerate(signature))
        assert greet(whole[:start] + base64url(flipped)) == INVALID, place
    for more in ("A", "AA", "==", "\n", " ", ".", ".AAAA", "...", whole):
        assert greet(whole + more) == INVALID
    assert greet(whole[:start] + base64url(signature + b"\0")) == INVALID
    assert greet(whole[:start] + base64url(signature[:-1])) == INVALID


def test_spare_bits_of_base64_must_be_zero(greet, keys):
    whole = token(keys["ES256"])  # 64 bytes: 4 spare bits
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = alphabet.index(whole[-1])
    assert last % 16 == 0
    assert all(greet(whole[:-1] + alphabet[last + spare]) == INVALID for spare in range(1, 16))


def test_an_es256_signature_may_begin_with_zeros(greet, keys):
    wanted = {0: 2, 32: 2}
    for attempt in range(20_000):
        text = token(keys["ES256"], jti=attempt)
        signature = base64.urlsafe_b64decode(text.rpartition(".")[2] + "==")
        for half in [half for half, count in wanted.items() if count and signature[half] == 0]:
            wanted[half] -= 1
            assert greet(text) == VALID
        if not any(wanted.values()):
            return
    raise AssertionError("no such signature came")


def test_es256_signatures_out_of_range_are_invalid(greet, keys):
    order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551
    text = token(keys["ES256"]).rpartition(".")[0]
    for r in (0, 1, order - 1, order, order + 1, 2**256 - 1):
        for s in (0, 1, order, 2**256 - 1):
            assert greet(f"{text}.{base64url(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}") == INVALID


def test_long_ones_are_not_looked_at(greet, keys):
    assert greet(token(keys["EdDSA"], x="x" * 11_500)) == VALID
    assert greet(token(keys["EdDSA"], x="x" * 13_000)) == INVALID
    for text in (token(keys["EdDSA"], x="x" * 800_000), "." * 2**20, "a" * 2**20, "a.b." + "c" * 2**20):
        begun = time.monotonic()
        assert greet(text) == INVALID
        assert time.monotonic() - begun < 1


ODD = [b'{"a": ' + b"[" * 10_000 + b"]" * 2_000 + b"}", b"[" * 12_000, b'{"a":' * 2_000 + b"1" + b"}" * 2_000,
       b"", b"[]", b"1", b"null", b'"x"', b"{", b"{}}", b"{'a': 1}", b'{"a": 1,}', b"{}\0", b'{"a": "\0"}',
       b'{"a": "\xff"}', b'{"a": "\xc0\x80"}', b'{"a": "\xed\xa0\x80"}', b'{"a": "\\u0000"}', b'{"\\u0000": 1}',
       b'{"a": "\\ud800"}', b'{"a": "\\udc00\\ud800"}', b'{"a": "\\ud800\\u0041"}', b'{"a": "\\u12"}', b'{"a": "\\',
       b'{"a": "\\x"}', b'{"a": 1e9999}', b'{"a": 1e99999999999999999999}', b'{"a": -1E+131073}', b'{"a": 01}',
       b'{"a": NaN}', b'{"a": Infinity}', b"\xef\xbb\xbf{}", b'{"a": 1e}', b'{"a"', b"{}{}", bytes(range(256))]


def among(members, odd):
    """The odd JSON, with members that are right before its own."""
    if not odd.startswith(b"{"):
        return odd
    return b"{" + members + (b"" if odd[1:2] in (b"}", b"") else b", ") + odd[1:]


@pytest.mark.parametrize("odd", ODD, ids=range(len(ODD)))
def test_json_that_is_odd_is_invalid_in_header_and_claims(greet, keys, odd):
    key = keys["HS256"]
    claims = token(key).split(".")[1]
    assert greet(token(key, payload=among(base64.urlsafe_b64decode(claims + "==")[1:-1], odd))) == INVALID
    head = base64url(among(b'"alg": "HS256"', odd))
    text = f"{head}.{claims}".encode()
    assert greet(f"{text.decode()}.{base64url(key.sign(text))}") == INVALID


def test_json_that_is_unusual_but_right_is_taken(greet, keys):
    claims = token(keys["HS256"]).split(".")[1]
    claims = base64.urlsafe_b64decode(claims + "==")[1:-1].decode()
    for text in ('"a": "\\ud83d\\ude00 \\u0041 \\"}{[", "é": 1e-300', '"a": ' + "[" * 30 + "]" * 30,
                 '"n": ' + "9" * 5_000, '"a": {"a": {}, "a": [1e999, -1.5E+3]}', '"sub": "nobody", "exp": 1'):
        assert greet(token(keys["HS256"], payload=f" {{{text}, {claims}}}\n".encode())) == VALID  # the last of two counts
    assert greet(token(keys["HS256"], payload=f'{{{claims}, "sub": "nobody"}}'.encode())) == INVALID


def test_random_bytes_never_get_another_answer(greet, keys):
    chance = random.Random(7519)
    whole = token(keys["HS256"])
    for _ in range(2_000):
        parts = [bytearray(base64.urlsafe_b64decode(part + "==")) for part in whole.split(".")]
        for _ in range(chance.randint(1, 6)):
            part = parts[chance.randrange(2)]
            part[chance.randrange(len(part))] = chance.randrange(256)
        text = ".".join(base64url(bytes(part)) for part in parts[:2]).encode()
        assert greet(text.decode() + "." + base64url(keys["HS256"].sign(text))) in (
            VALID, INVALID, "SL401 jwt_expired", "SL401 jwt_not_yet_valid")


def test_the_signature_comes_before_everything_else(database, tenant, keys):
    """Whoever did not sign learns nothing: no time, no audience, no principal, no tenant."""
    other = database.tenant()
    for claims in ({"exp": 1}, {"nbf": 10**10}, {"aud": "x"}, {"sub": "nobody"}, {}):
        forged = token(keys["RS256 new"], claims, header={"kid": "rsa"})
        for named in (tenant, other, "nowhere", ""):
            assert database.greet(forged, named) == INVALID
        assert database.greet(token(keys["RS256"], claims), other) == "SL403 tenant_mismatch"
    assert database.greet(token(keys["RS256"]), "nowhere") == "SL403 tenant_mismatch"


def test_keys_are_rotated_side_by_side(database, keys):
    slug, old, new = database.tenant(), keys["RS256"], keys["RS256 new"]
    answers = []
    for registered in ([old], [old, new], [new], [new, keys["ES256"]]):
        database.register(slug, registered)
        answers.append([database.greet(token(key, header={"kid": kid}), slug)
                        for key in (old, new) for kid in (key.kid, None)])
    assert answers == [[VALID, VALID, INVALID, INVALID], [VALID, INVALID, VALID, INVALID],  # without kid: which one?
                       [INVALID, INVALID, VALID, VALID], [INVALID, INVALID, VALID, VALID]]
    assert database.row("SELECT count(*) FROM curfew.issuer i JOIN curfew.tenant t ON t.id = tenant_id"
                        " WHERE slug = %s", slug) == (1,)


def test_whoever_is_suspended_or_whose_issuer_is_removed_is_refused_in_the_same_transaction(database, transaction, keys):
    slug = database.tenant()
    issuer = f"https://{slug}.example" # its alone: a token of another's would name the wrong tenant
    credential = token(keys["EdDSA"], iss=issuer)
    database.register(slug, [keys["EdDSA"]], issuer=issuer)
    olga, = database.row("SELECT principal_id FROM curfew.authenticate(%s, %s)", credential, slug)
    assert transaction.greet(credential, slug) == VALID
    for change, argument, answer in [("suspend_principal(%s, tenant => %s)", olga, "SL403 principal_suspended"),
                                     ("resume_principal(%s, tenant => %s)", olga, VALID),
                                     ("remove_issuer(%s, %s)", issuer, INVALID)]:
        database.row(f"SELECT curfew.{change}", argument, slug)
        transaction.row("SAVEPOINT here")
        assert transaction.answer("SELECT * FROM curfew.list_sessions()") == answer
        transaction.row("ROLLBACK TO here")
    assert database.greet(credential, slug) == INVALID


def test_a_token_that_expires_during_a_transaction_is_refused_from_then_on(database, transaction, keys):
    slug = database.tenant()
    database.register(slug, [keys["EdDSA"]], clock_skew="1 second")
    assert transaction.greet(token(keys["EdDSA"], exp=time.time() + 0.2), slug) == VALID
    assert transaction.answer("SELECT * FROM curfew.list_sessions()") == VALID
    time.sleep(1.3)
    assert transaction.answer("SELECT * FROM curfew.list_sessions()") == "SL401 jwt_expired"


def test_tenants_with_the_same_issuer_are_told_apart(database, keys):
    key, (first, second, third) = keys["ES256"], (database.tenant() for _ in range(3))
    issuer = f"https://{first}.example"
    with_tenant = {name: token(key, iss=issuer, org=name) for name in (first, second, third)}
    without = token(key, iss=issuer)
    mismatch = "SL403 tenant_mismatch"

    def whose(credential, tenant=None):
        answer = database.greet(credential, tenant)
        if answer != VALID:
            return answer
        return database.row("SELECT t.slug FROM curfew.authenticate(%s, %s) a JOIN curfew.tenant t ON t.id = tenant_id",
                            credential, tenant)[0]

    database.register(first, [key], issuer=issuer)
    assert [whose(without), whose(without, second)] == [first, mismatch]
    database.register(second, [key], issuer=issuer)
    assert [whose(without), whose(without, first), whose(without, second)] == [INVALID, first, second]
    assert whose(without, third) == INVALID
    # Where tokens name the tenant, theirs is taken, and no other.
    for name in (first, second):
        database.register(name, [key], issuer=issuer, tenant_claim="org")
    assert [whose(with_tenant[first]), whose(with_tenant[second])] == [first, second]
    assert [whose(with_tenant[first], first), whose(with_tenant[first], second)] == [first, mismatch]
    assert [whose(with_tenant[third]), whose(without)] == [INVALID, INVALID]
    assert [whose(with_tenant[third], first), whose(without, first)] == [mismatch, mismatch]
    id_of, = database.row("SELECT id::text FROM curfew.tenant WHERE slug = %s", second)
    assert whose(token(key, iss=issuer, org=id_of)) == second
    # Somebody else's keys under the same name do no harm to a token that names its tenant.
    database.register(third, [keys["RS256"]], issuer=issuer)
    assert [whose(with_tenant[first]), whose(with_tenant[first], first)] == [first, first]
    assert whose(token(keys["RS256"], iss=issuer, org=first)) == INVALID


def test_a_hundred_thousand_verifications_take_no_memory(database, tenant, keys):
    pid, = database.row("SELECT pg_backend_pid()")
    good = [token(keys[name], header={"kid": keys[name].kid}) for name in ALL]
    other_end = "AA" if good[0][-2:] != "AA" else "BA"
    bad = [good[0][:-2] + other_end, good[1].replace(".", ".e", 1), token(keys["RS256 new"]), token(keys["EdDSA"], exp=1),
           token(keys["HS256"], aud="x"), "a.b.c"]

    def verify(rounds):
        """A thousand of each good one and a hundred of each bad one a round; each statement is as large as the others."""
        for _ in range(rounds):
            for credential in good:
                count, = database.row("SELECT count(kind) FROM (SELECT (curfew.authenticate(%s, %s)).kind"
                                      " FROM generate_series(1, 1000)) a", credential, tenant)
                assert count == 1000
            assert database.row("SELECT pg_temp.refused(%s, 100, %s)", bad, tenant) == (100 * len(bad),)

    def used():
        anonymous = open(f"/proc/{pid}/status").read().partition("RssAnon:")[2].split()[0]
        contexts, = database.row("SELECT sum(used_bytes) FROM pg_backend_memory_contexts")
        return int(anonymous), int(contexts)

    database.row("CREATE FUNCTION pg_temp.refused(tokens text[], times integer, tenant text) RETURNS bigint"
                 " LANGUAGE plpgsql AS $$ DECLARE count bigint := 0; token text; BEGIN"
                 " FOR i IN 1 .. times LOOP FOREACH token IN ARRAY tokens LOOP"
                 "   BEGIN PERFORM curfew.authenticate(token, tenant); EXCEPTION WHEN OTHERS THEN count := count + 1; END;"
                 " END LOOP; END LOOP; RETURN count; END $$")
    verify(2)
    anonymous, contexts = used()
    verify(25)
    anonymous_after, contexts_after = used()
    assert anonymous_after < anonymous * 1.03
    assert contexts_after < contexts * 1.03
