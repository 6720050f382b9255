-- Who is calling, by JSON Web Token: issuers, what their tokens prove, and what each of the others is refused with.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS curfew;
RESET client_min_messages;
\set SHOW_CONTEXT never
\pset null '-'
CREATE FUNCTION pg_temp.answer(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    value text; word text; field text;
BEGIN
    EXECUTE statement INTO value;
    RETURN value;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS word = CONSTRAINT_NAME, field = COLUMN_NAME;
    RETURN concat_ws(' ', SQLSTATE, nullif(word, ''), '(' || nullif(field, '') || ')');
END $$;
-- What authenticate answers: tenant and principal, or the refusal.
CREATE FUNCTION pg_temp.greeting(credential text, tenant text DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.answer(format('SELECT t.slug || %L || p.name FROM curfew.authenticate(%L, %L) a JOIN curfew.tenant t ON t.id = a.tenant_id
        JOIN curfew.principal p ON p.tenant_id = t.id AND p.id = a.principal_id', ': ', credential, tenant))
$$;
-- HS256, as RFC 2104 and RFC 7515 say.
CREATE FUNCTION pg_temp.base64url(bytes bytea) RETURNS text LANGUAGE sql AS $$
    SELECT translate(encode(bytes, 'base64'), E'+/=\n', '-_')
$$;
CREATE FUNCTION pg_temp.hmac(secret bytea, message bytea) RETURNS bytea LANGUAGE plpgsql AS $$
DECLARE
    inner_key bytea := decode(repeat('36', 64), 'hex');
    outer_key bytea := decode(repeat('5c', 64), 'hex');
BEGIN
    IF length(secret) > 64 THEN
        secret := sha256(secret);
    END IF;
    FOR i IN 0 .. length(secret) - 1 LOOP
        inner_key := set_byte(inner_key, i, get_byte(inner_key, i) # get_byte(secret, i));
        outer_key := set_byte(outer_key, i, get_byte(outer_key, i) # get_byte(secret, i));
    END LOOP;
    RETURN sha256(outer_key || sha256(inner_key || message));
END $$;
-- A token of olga's, valid for an hour, with some claims changed; null takes a claim away.
CREATE FUNCTION pg_temp.token(changes text DEFAULT '{}', header text DEFAULT '{"alg": "HS256"}', secret text DEFAULT 'a secret that is longer than 32 bytes') RETURNS text LANGUAGE sql AS $$
    WITH claims AS (SELECT jsonb_strip_nulls(jsonb_build_object('iss', 'https://shared.example', 'sub', 'olga',
            'exp', extract(epoch FROM now()) + 3600) || changes::jsonb)::text AS payload),
        texts AS (SELECT pg_temp.base64url(convert_to(header, 'UTF8')) || '.' || pg_temp.base64url(convert_to(payload, 'UTF8')) AS signed FROM claims)
    SELECT signed || '.' || pg_temp.base64url(pg_temp.hmac(convert_to(secret, 'UTF8'), convert_to(signed, 'UTF8'))) FROM texts
$$;
SELECT curfew.create_tenant('jwt') AS tenant, curfew.create_tenant('jwt-next-door') AS next_door \gset
SELECT curfew.create_principal('olga', tenant => 'jwt') AS olga, curfew.create_principal('ada', role => 'admin', tenant => 'jwt') AS ada,
    curfew.create_principal('olga', tenant => 'jwt-next-door') AS other_olga \gset

-- Public keys and tokens of olga's that expire in 2100. They were made with openssl genpkey (RSA of 2048 bits, EC on
-- P-256, Ed25519); header and claims signed with openssl dgst -sha256 -sign or openssl pkeyutl -sign -rawin, DER made
-- r || s for ES256; the private keys are gone. r and s of the last two begin with a byte that is zero.
\set rsa_key '{"kty": "RSA", "n": "0Czqj_ML1uAKtz4dOFFYI4j6YKDNoPSnm9ZAnkk333jhMdyhM33VlcvVbc8rr3Po1ZDed4EiIbFkL7rQfqlo82hocTvT6WPUSyokuDOTdmzpn2MG126msSuev73CyupL30g6EP-pjAbO0QkRy4MCHbAas4dUt55MA64ETTTW9gfSMVejv-QflpOnzvTejVMLzROUtSAPgFtS_Z9M6BxT27sebWeSXE9JwxpO90D06r8_0g16l7_SM5JDdOBLX9QaqpXT2Wh2wAuzkduElVXO-hHeacLH4jkMSLHiAsH8PHHddmCIanzUYu0l_eKZWmKuDIdoXtANeTpd7SFwyB2JWw", "e": "AQAB", "kid": "rsa"}'
\set rsa_token 'eyJhbGciOiAiUlMyNTYiLCAia2lkIjogInJzYSIsICJ0eXAiOiAiSldUIn0.eyJpc3MiOiAiaHR0cHM6Ly9sb2dpbi5leGFtcGxlIiwgInN1YiI6ICJvbGdhIiwgImV4cCI6IDQxMDI0NDQ4MDB9.r7L-ghMuO5ilDOfKsHopbwhXx0p7R0BnrgOLADCs_jbXOWCMWKHU_zTtKf4BJDb5LAbd3sp_mE8rZmRFsjfHdTKi53ngu80DW9GduH161qOF0wwmxVwjcGSLa8qy4NaaKWoqPhQRRA3FEDHqNVhsDapIYpVUjZzc3s0nz613RjT1KBHw6BFDJVL7xsnrPUmzBXZ0i3mfpZ4n1aWBQHmm7EyDEhSLjfbyShf6zaZy9EdHOJy4eSA7FcCHqYEl8v1A9NqN4HWW-OY5KkLaHIhkf40sJRiHTCuDse4meqZBEXjPzfh94aKKcoMmtCSE2BUY7iTph79alg1HPYNGMtEo7Q'
\set ec_key '{"kty": "EC", "crv": "P-256", "x": "Sp_UTEMaEoHnymIwI9YP4vOlrFIgbf4JLMgzizLS_4I", "y": "NkliHuet44vgGWOx1o3IES0dAI7R9GkMKXbBDQbxFYU", "kid": "ec"}'
\set ec_token 'eyJhbGciOiAiRVMyNTYiLCAia2lkIjogImVjIiwgInR5cCI6ICJKV1QifQ.eyJpc3MiOiAiaHR0cHM6Ly9sb2dpbi5leGFtcGxlIiwgInN1YiI6ICJvbGdhIiwgImV4cCI6IDQxMDI0NDQ4MDB9.sE0bY6qtD2zlAY0OQRWO3EMh7XzZfaUrZOA6Jt9VbbYLgqq-KfSlKtwVOhy3Mlh9VCuWdeW6EhTHA5dgCOdE6Q'
\set ed_key '{"kty": "OKP", "crv": "Ed25519", "x": "8A8L20naFaxB3G-ZdJGfEriqOg-H6T-MMqp6rHaqP3U", "kid": "ed"}'
\set ed_token 'eyJhbGciOiAiRWREU0EiLCAia2lkIjogImVkIiwgInR5cCI6ICJKV1QifQ.eyJpc3MiOiAiaHR0cHM6Ly9sb2dpbi5leGFtcGxlIiwgInN1YiI6ICJvbGdhIiwgImV4cCI6IDQxMDI0NDQ4MDB9.Xde7WQkLACoObO2qLsM6Hc6A9c8IXHajGc7izTMH4e77bpCz3x14iQKk-wOxgCGBTVQ2SnG2lQAjlsE4ABMmDw'
\set ec_next_key '{"kty": "EC", "crv": "P-256", "x": "kAl5yp-GiNheBWbIfLT2pUuCodF_qkpz5C6D3p1WY1Y", "y": "LuCVmaWcO308ba1Dw23T2_9TVAoh2jgLHFIBcSHBiMs", "kid": "ec-next"}'
\set ec_next_token 'eyJhbGciOiAiRVMyNTYiLCAia2lkIjogImVjLW5leHQiLCAidHlwIjogIkpXVCJ9.eyJpc3MiOiAiaHR0cHM6Ly9sb2dpbi5leGFtcGxlIiwgInN1YiI6ICJvbGdhIiwgImV4cCI6IDQxMDI0NDQ4MDB9.6H88T0HdGuiUp-UW8KhhdPJ4zdjRmKtoOAULAvB2LmhZxu7p9-5dJx3NZoyA741iPPRyF6Q-WAIjX11IPzOIlQ'
\set s_begins_with_zero 'eyJhbGciOiAiRVMyNTYiLCAia2lkIjogImVjIiwgInR5cCI6ICJKV1QifQ.eyJpc3MiOiAiaHR0cHM6Ly9sb2dpbi5leGFtcGxlIiwgInN1YiI6ICJvbGdhIiwgImV4cCI6IDQxMDI0NDQ4MDAsICJqdGkiOiAxNTl9.uQlcVydKudArNQX29Z_gEnPrvVdr9n8ordsgqT9gr34Aj-_CfzRfDns-XY5IqVjmRFj2OBKrJ_gKY05CRxPuPw'
\set r_begins_with_zero 'eyJhbGciOiAiRVMyNTYiLCAia2lkIjogImVjIiwgInR5cCI6ICJKV1QifQ.eyJpc3MiOiAiaHR0cHM6Ly9sb2dpbi5leGFtcGxlIiwgInN1YiI6ICJvbGdhIiwgImV4cCI6IDQxMDI0NDQ4MDAsICJqdGkiOiAxMDA2fQ.ANfACp4tH_uQd0TiOOHqhARb9p2yRpXNAdULElH_hPaaHSFuPQSinIecYcMhzpiNtPUDIAPqjBb-OCYMTRw1Uw'
SELECT json_build_object('keys', json_build_array(:'rsa_key'::json, :'ec_key'::json, :'ed_key'::json)) AS keys \gset

-- Nobody's, before the issuer is registered; then olga's, by each kind of key.
SELECT pg_temp.greeting(:'rsa_token');
SELECT curfew.register_issuer('https://login.example', :'keys', tenant => 'jwt') AS issuer \gset
SELECT what, pg_temp.greeting(token) FROM (VALUES (1, 'RS256', :'rsa_token'), (2, 'ES256', :'ec_token'), (3, 'EdDSA', :'ed_token'), (4, 'zero r', :'r_begins_with_zero'),
    (5, 'zero s', :'s_begins_with_zero'), (6, 'another key', :'ec_next_token'), (7, 'no signature', left(:'rsa_token', -342)), (8, 'another signature', left(:'rsa_token', -342) || right(:'ec_token', 86)),
    (9, 'cut', left(:'ed_token', -1)), (10, 'and more', :'ed_token' || 'A'), (11, 'four parts', :'ed_token' || '.'), (12, 'dots', '..')) v (n, what, token) ORDER BY n;
SELECT tenant_id = :'tenant' AS tenant, principal_id = :'olga' AS principal, session_id, kind, role FROM curfew.authenticate(:'ec_token');
BEGIN;
SELECT curfew.authenticate(:'rsa_token') \gset
SELECT curfew.current_tenant() = :'tenant' AS tenant, curfew.current_principal() = :'olga' AS principal, curfew.current_session() AS session;
COMMIT;

-- Rotation: the next key beside the old one, then alone. The registration stays the same one.
SELECT curfew.register_issuer('https://login.example', json_build_object('keys', json_build_array(:'ec_key'::json, :'ec_next_key'::json))::jsonb, tenant => 'jwt') = :'issuer' AS same;
SELECT pg_temp.greeting(:'ec_token') AS old, pg_temp.greeting(:'ec_next_token') AS next, pg_temp.greeting(:'rsa_token') AS gone;
SELECT curfew.register_issuer('https://login.example', json_build_object('keys', json_build_array(:'ec_next_key'::json))::jsonb, tenant => 'jwt') = :'issuer' AS same;
SELECT pg_temp.greeting(:'ec_token') AS old, pg_temp.greeting(:'ec_next_token') AS next;

-- A shared secret: HS256, and only for an issuer that has one. A key's own text is no secret.
SELECT curfew.register_issuer('https://shared.example', hs256_secret => 'a secret that is longer than 32 bytes', audience => 'curfew', tenant => 'jwt') \gset
SELECT pg_temp.greeting(pg_temp.token('{"aud": "curfew"}')) AS valid, pg_temp.greeting(pg_temp.token('{"aud": "curfew"}', secret => 'a secret that is longer than 32 byteZ')) AS other_secret,
    pg_temp.greeting(pg_temp.token('{"iss": "https://login.example"}', secret => :'ec_next_key')) AS public_key, pg_temp.greeting(pg_temp.token('{"aud": "curfew"}', '{"alg": "HS256", "kid": "ec-next"}')) AS with_kid;
SELECT header, pg_temp.greeting(pg_temp.token('{"aud": "curfew"}', header)) FROM (VALUES (1, '{"alg": "none"}'), (2, '{"alg": "RS256"}'), (3, '{"alg": "hs256"}'), (4, '{"alg": ["HS256"]}'), (5, '{}'), (6, '[]'),
    (7, '{"alg": "none", "alg": "HS256"}'), (8, '{"alg": "HS256", "crit": ["exp"]}'), (9, '{"alg": "HS256", "typ": "at+jwt", "jku": "https://evil.example"}'), (10, '{"alg": "HS256"')) v (n, header) ORDER BY n;

-- Claims. Times have a minute's grace.
SELECT claim, seconds, pg_temp.greeting(pg_temp.token(jsonb_build_object('aud', 'curfew', claim, extract(epoch FROM now()) + seconds)::text))
FROM (VALUES (1, 'exp', -65), (2, 'exp', -30), (3, 'exp', 1e12), (4, 'nbf', 30), (5, 'nbf', 90), (6, 'iat', 30), (7, 'iat', 90), (8, 'iat', -1e9)) v (n, claim, seconds) ORDER BY n;
SELECT claims, pg_temp.greeting(pg_temp.token(('{"aud": "curfew"}'::jsonb || claims::jsonb)::text)) FROM (VALUES (1, '{"exp": null}'), (2, '{"exp": "2100"}'), (3, '{"exp": 1e300}'), (4, '{"nbf": true}'), (5, '{"aud": null}'),
    (6, '{"aud": "other"}'), (7, '{"aud": ["other", "curfew"]}'), (8, '{"aud": []}'), (9, '{"iss": "https://shared.example/"}'), (10, '{"sub": "nobody"}'), (11, '{"sub": null}'), (12, '{"sub": ["olga"]}'),
    (13, '{"sub": "ada"}'), (14, '{"scope": 5}'), (15, '{"scope": ["a", 5]}'), (16, '{"azp": {"deep": [[[[]]]]}}')) v (n, claims) ORDER BY n;
SELECT pg_temp.greeting(pg_temp.token(json_build_object('aud', 'curfew', 'sub', :'olga')::text)) AS by_id, pg_temp.greeting(pg_temp.token(json_build_object('aud', 'curfew', 'sub', :'other_olga')::text)) AS others_id;

-- The tenant that a caller names, or the token, must be the issuer's; what nobody signed gets no such answer.
SELECT pg_temp.greeting(:'ec_next_token', 'jwt') AS slug, pg_temp.greeting(:'ec_next_token', :'tenant') AS id, pg_temp.greeting(:'ec_next_token', 'jwt-next-door') AS other, pg_temp.greeting(:'ec_next_token', 'nowhere') AS unknown,
    pg_temp.greeting(:'ec_token', 'jwt-next-door') AS not_signed;
SELECT curfew.register_issuer('https://shared.example', hs256_secret => 'a secret that is longer than 32 bytes', tenant_claim => 'org', tenant => 'jwt') \gset
SELECT what, pg_temp.greeting(pg_temp.token(json_build_object('org', org)::text)) FROM (VALUES (1, 'slug', 'jwt'), (2, 'id', :'tenant'), (3, 'another', 'jwt-next-door'), (4, 'none', NULL), (5, 'empty', '')) v (n, what, org) ORDER BY n;
-- Two tenants with one issuer: the token tells which, or the caller does, or nobody.
SELECT curfew.register_issuer('https://shared.example', hs256_secret => 'a secret that is longer than 32 bytes', tenant_claim => 'org', tenant => 'jwt-next-door') \gset
SELECT org, pg_temp.greeting(pg_temp.token(json_build_object('org', org)::text)) FROM (VALUES (1, 'jwt'), (2, 'jwt-next-door'), (3, 'elsewhere')) v (n, org) ORDER BY n;
SELECT curfew.register_issuer('https://shared.example', hs256_secret => 'a secret that is longer than 32 bytes', tenant => t) FROM (VALUES ('jwt'), ('jwt-next-door')) v (t) \g /dev/null
SELECT named, pg_temp.greeting(pg_temp.token(), named) FROM (VALUES (1, NULL), (2, 'jwt'), (3, 'jwt-next-door')) v (n, named) ORDER BY n;
-- By its keys, or by its audience: whatever the one registers takes no token of the other's away.
SELECT curfew.register_issuer('https://shared.example', hs256_secret => 'another secret that is longer than 32 bytes', tenant => 'jwt-next-door') \gset
SELECT what, pg_temp.greeting(token) FROM (VALUES (1, 'the one''s keys', pg_temp.token()), (2, 'the other''s', pg_temp.token(secret => 'another secret that is longer than 32 bytes')), (3, 'nobody''s', pg_temp.token(secret => 'a third secret that is longer than 32 bytes'))) v (n, what, token) ORDER BY n;
SELECT curfew.register_issuer('https://shared.example', hs256_secret => 'a secret that is longer than 32 bytes', audience => t, tenant => t) FROM (VALUES ('jwt'), ('jwt-next-door')) v (t) \g /dev/null
SELECT audience, pg_temp.greeting(pg_temp.token(json_build_object('aud', audience)::text)) FROM (VALUES (1, 'jwt'), (2, 'jwt-next-door'), (3, 'elsewhere')) v (n, audience) ORDER BY n;
SELECT pg_temp.greeting(pg_temp.token('{"aud": ["jwt", "jwt-next-door"]}')) AS both;
SELECT curfew.remove_issuer('https://shared.example', 'jwt-next-door') \gset

-- Scopes: the token's limit the caller, and its roles add what the issuer's table says; no limit where there is no claim.
SELECT curfew.define_lifecycle('jwt_door', '{"initial": "open", "states": {"open": {"live": true}, "closed": {"terminal": true}},
    "actions": {"close": {"from": ["open"], "to": "closed", "by": ["owner"], "scope": "door:close"}}}') \gset
SELECT curfew.create_principal('porter', scopes => '{door:*}', tenant => 'jwt') AS porter \gset
SELECT curfew.register_issuer('https://shared.example', hs256_secret => 'a secret that is longer than 32 bytes', roles_claim => 'roles', role_scopes => '{"keeper": ["door:close", "door:open"], "guest": []}', tenant => 'jwt') \gset
CREATE FUNCTION pg_temp.closes_a_door(credential text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    word text;
BEGIN
    PERFORM curfew.authenticate(credential);
    PERFORM curfew.act((SELECT id FROM curfew.create_session('jwt_door')), 'close');
    RETURN 'yes';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS word = CONSTRAINT_NAME;
    RETURN word;
END $$;
SELECT claims, pg_temp.closes_a_door(pg_temp.token((claims::jsonb || '{"sub": "porter"}')::text)) AS porter, pg_temp.closes_a_door(pg_temp.token(claims)) AS olga
FROM (VALUES (1, '{}'), (2, '{"scope": ""}'), (3, '{"scope": "openid  door:close "}'), (4, '{"scope": ["door:close"]}'), (5, '{"scope": "door:*"}'), (6, '{"scope": "*"}'), (7, '{"scope": "door:open"}'), (8, '{"scope": "door:close/x é"}'),
    (9, '{"roles": ["keeper"]}'), (10, '{"roles": "guest keeper"}'), (11, '{"roles": ["guest", "unknown"]}'), (12, '{"roles": ["keeper"], "scope": "door:open"}'), (13, '{"roles": ["guest"], "scope": "door:open"}'),
    (14, '{"roles": 5}'), (15, '{"roles": []}')) v (n, claims) ORDER BY n;
SELECT length(scope), pg_temp.greeting(pg_temp.token(json_build_object('scope', scope)::text)) FROM (SELECT left(repeat(repeat('s', 31) || ' ', 33), size) AS scope FROM (VALUES (32 * 32 - 1), (33 * 32 - 1)) s (size)) v;

-- Who is suspended is refused, and so is everybody once the issuer is removed, in the same transaction too.
SELECT curfew.suspend_principal(:'olga', 'holiday', 'jwt') \gset
SELECT pg_temp.greeting(:'ec_next_token') AS suspended;
SELECT curfew.resume_principal(:'olga', tenant => 'jwt') \gset
BEGIN;
SELECT curfew.authenticate(:'ec_next_token') \gset
SELECT pg_temp.answer('SELECT count(*) FROM curfew.list_sessions()');
SAVEPOINT before;
DELETE FROM curfew.issuer WHERE issuer = 'https://login.example';
SELECT pg_temp.answer('SELECT count(*) FROM curfew.list_sessions()');
ROLLBACK TO before;
SELECT pg_temp.answer('SELECT count(*) FROM curfew.list_sessions()');
COMMIT;

-- What is listed, and what is written down: no key, no secret.
SELECT issuer, algorithms, kids, audience, principal_claim, tenant_claim, roles_claim, role_scopes, scopes_claim, clock_skew, created_at <= updated_at AS times FROM curfew.list_issuers('jwt');
SELECT * FROM curfew.list_issuers('jwt-next-door');
SELECT event, details - 'issuer_id' AS details, count(*) FROM curfew.audit_event WHERE tenant_id IN (:'tenant', :'next_door') AND event LIKE 'issuer%' GROUP BY 1, 2 ORDER BY 1, 2;
SELECT count(*) AS secrets FROM curfew.audit_event e WHERE e::text LIKE '%longer than 32%' OR e::text LIKE '%' || encode('longer than 32', 'hex') || '%';

-- Who may register: an administrator of the tenant, or a database role that names it.
BEGIN;
SELECT curfew.act_as('jwt', :'ada') \gset
SELECT pg_temp.answer($$SELECT count(*) FROM curfew.list_issuers()$$) AS list, pg_temp.answer($$SELECT curfew.remove_issuer('https://shared.example')$$) AS remove, pg_temp.answer($$SELECT curfew.remove_issuer('https://shared.example')$$) AS again,
    pg_temp.answer($$SELECT curfew.remove_issuer('https://login.example', 'jwt-next-door')$$) AS other_tenant;
ROLLBACK;
BEGIN;
SELECT curfew.act_as('jwt', :'olga') \gset
SELECT pg_temp.answer($$SELECT curfew.list_issuers()$$) AS list, pg_temp.answer($$SELECT curfew.remove_issuer('https://shared.example')$$) AS remove, pg_temp.answer($$SELECT curfew.register_issuer('x', hs256_secret => 'a secret that is longer than 32 bytes')$$) AS register;
ROLLBACK;
SELECT pg_temp.answer($$SELECT curfew.register_issuer('x', hs256_secret => 'a secret that is longer than 32 bytes')$$) AS nobody;
CREATE ROLE regress_curfew_jwt;
SELECT curfew.grant_access('regress_curfew_jwt', 'service') \gset
SET ROLE regress_curfew_jwt;
SELECT pg_temp.answer('SELECT count(*) FROM curfew.issuer') AS read, pg_temp.answer($$SELECT curfew.list_issuers('jwt')$$) AS list;
RESET ROLE;
SELECT curfew.revoke_access('regress_curfew_jwt') \gset
DROP ROLE regress_curfew_jwt;

-- What cannot be registered, and why.
CREATE FUNCTION pg_temp.registration(arguments text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    word text; field text; detail text;
BEGIN
    EXECUTE format('SELECT curfew.register_issuer(%s, tenant => %L)', arguments, 'jwt');
    DELETE FROM curfew.issuer WHERE issuer = 'x';
    RETURN 'registered';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS word = CONSTRAINT_NAME, field = COLUMN_NAME, detail = PG_EXCEPTION_DETAIL;
    RETURN concat_ws(' ', SQLSTATE, word, '(' || field || ')', detail);
END $$;
SELECT arguments, pg_temp.registration(arguments) FROM (VALUES (1, $$NULL$$), (2, $$''$$), (3, $$'x'$$), (4, $$'x', jwks => '{}'$$), (5, $$'x', jwks => '[]'$$), (6, $$'x', jwks => 'null'$$), (7, $$'x', jwks => '{"keys": []}'$$),
    (8, $$'x', jwks => '{"keys": [5]}'$$), (9, $$'x', hs256_secret => 'too short'$$), (10, $$'x', hs256_secret => convert_to(repeat('s', 32), 'UTF8')$$), (11, $$'x', hs256_secret => convert_to(repeat('s', 1025), 'UTF8')$$),
    (12, $$'x', hs256_secret => sha256('x'), audience => ''$$), (13, $$'x', hs256_secret => sha256('x'), principal_claim => NULL$$), (14, $$'x', hs256_secret => sha256('x'), principal_claim => ''$$),
    (15, $$'x', hs256_secret => sha256('x'), tenant_claim => repeat('c', 201)$$), (16, $$'x', hs256_secret => sha256('x'), roles_claim => ''$$), (17, $$'x', hs256_secret => sha256('x'), scopes_claim => ''$$),
    (18, $$'x', hs256_secret => sha256('x'), scopes_claim => NULL$$), (19, $$'x', hs256_secret => sha256('x'), role_scopes => '[]'$$), (20, $$'x', hs256_secret => sha256('x'), role_scopes => '{"a": "b"}'$$),
    (21, $$'x', hs256_secret => sha256('x'), role_scopes => '{"a": ["b c"]}'$$), (22, $$'x', hs256_secret => sha256('x'), role_scopes => '{"a": [1]}'$$), (23, $$'x', hs256_secret => sha256('x'), clock_skew => '-1 second'$$),
    (24, $$'x', hs256_secret => sha256('x'), clock_skew => '10 minutes 1 second'$$), (25, $$'x', hs256_secret => sha256('x'), clock_skew => '1 day'$$), (26, $$'x', hs256_secret => sha256('x'), clock_skew => NULL$$),
    (27, $$'x', hs256_secret => sha256('x'), clock_skew => '0'$$), (28, $$repeat('x', 513), hs256_secret => sha256('x')$$)) v (n, arguments) ORDER BY n;
SELECT what, pg_temp.registration(format('%L, jwks => %L', 'x', jsonb_build_object('keys', jsonb_build_array(key))))
FROM (VALUES (1, 'as it is', :'rsa_key'::jsonb), (2, 'unknown members', :'rsa_key'::jsonb || '{"x5t": "x", "use": "sig", "alg": "RS256", "key_ops": ["verify"]}'), (3, 'no kid', :'rsa_key'::jsonb - 'kid'), (4, 'zeros in front', :'rsa_key'::jsonb || '{"e": "AAEAAQ"}'),
    (5, 'private', :'rsa_key'::jsonb || '{"d": "AQAB"}'), (6, 'private EC', :'ec_key'::jsonb || '{"d": null}'), (7, 'a prime', :'rsa_key'::jsonb || '{"p": "AQAB"}'),
    (8, 'weak', :'rsa_key'::jsonb || jsonb_build_object('n', pg_temp.base64url(decode(repeat('ff', 128), 'hex')))), (9, '2047 bits', :'rsa_key'::jsonb || jsonb_build_object('n', pg_temp.base64url(decode('7f' || repeat('ff', 255), 'hex')))),
    (10, '8200 bits', :'rsa_key'::jsonb || jsonb_build_object('n', pg_temp.base64url(decode(repeat('ff', 1025), 'hex')))), (11, 'even', :'rsa_key'::jsonb || jsonb_build_object('n', pg_temp.base64url(decode(repeat('fe', 256), 'hex')))),
    (12, 'exponent 1', :'rsa_key'::jsonb || '{"e": "AQ"}'), (13, 'long exponent', :'rsa_key'::jsonb || '{"e": "AQAAAAE"}'), (14, 'no exponent', :'rsa_key'::jsonb - 'e'), (15, 'no modulus', :'rsa_key'::jsonb - 'n'), (16, 'padding', :'rsa_key'::jsonb || '{"n": "AQAB=="}'),
    (17, 'RS512', :'rsa_key'::jsonb || '{"alg": "RS512"}'), (18, 'PS256', :'rsa_key'::jsonb || '{"alg": "PS256"}'), (19, 'encryption', :'rsa_key'::jsonb || '{"use": "enc"}'), (20, 'signing', :'rsa_key'::jsonb || '{"key_ops": ["sign"]}'),
    (21, 'P-384', :'ec_key'::jsonb || '{"crv": "P-384"}'), (22, 'secp256k1', :'ec_key'::jsonb || '{"crv": "secp256k1"}'), (23, 'short x', :'ec_key'::jsonb || '{"x": "AQAB"}'), (24, 'no y', :'ec_key'::jsonb - 'y'),
    (25, 'off the curve', :'ec_key'::jsonb || jsonb_build_object('x', :'ec_key'::jsonb -> 'y')), (26, 'Ed448', :'ed_key'::jsonb || '{"crv": "Ed448"}'), (27, 'X25519', :'ed_key'::jsonb || '{"crv": "X25519"}'), (28, 'short', :'ed_key'::jsonb || '{"x": "AQAB"}'),
    (29, 'oct', '{"kty": "oct", "k": "c2VjcmV0"}'), (30, 'no kty', :'rsa_key'::jsonb - 'kty'), (31, 'unknown', '{"kty": "AKP", "pub": "AQAB"}'), (32, 'kid a number', :'rsa_key'::jsonb || '{"kid": 5}'),
    (33, 'kid empty', :'rsa_key'::jsonb || '{"kid": ""}'), (34, 'kid long', :'rsa_key'::jsonb || jsonb_build_object('kid', repeat('k', 256))), (35, 'ES256 for RSA', :'rsa_key'::jsonb || '{"alg": "ES256"}')) v (n, what, key) ORDER BY n;
SELECT pg_temp.registration(format('%L, jwks => %L', 'x', jsonb_build_object('keys', jsonb_build_array(:'ec_key'::jsonb, :'ec_next_key'::jsonb || '{"kid": "ec"}')))) AS same_kid,
    pg_temp.registration(format('%L, jwks => %L', 'x', (SELECT jsonb_build_object('keys', jsonb_agg(:'ec_key'::jsonb || jsonb_build_object('kid', i::text))) FROM generate_series(1, 33) i))) AS too_many,
    pg_temp.registration(format('%L, jwks => %L', 'x', (SELECT jsonb_build_object('keys', jsonb_agg(:'ec_key'::jsonb || jsonb_build_object('kid', i::text))) FROM generate_series(1, 32) i))) AS many;
