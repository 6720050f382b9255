// SQL-callable: API keys.
#include "administration.hpp"
#include "function.hpp"

#include "errors.hpp"
#include "idempotency.hpp"
#include "rfc3339.hpp"
#include "secrets.hpp"
#include "store_admin.hpp"

using namespace curfew;

namespace {

// A grace is from nothing to a day: within it a revoked key still opens what it opened.
void check_grace(const Value& grace) {
    if (grace.null)
        return;
    Interval none = {0, 0, 0}, longest = {0, 1, 0};
    Datum given = grace.datum;
    if (DatumGetBool(DirectFunctionCall2(interval_lt, given, IntervalPGetDatum(&none))) ||
        DatumGetBool(DirectFunctionCall2(interval_gt, given, IntervalPGetDatum(&longest))))
        raise_refusal(core::Refusal::value_out_of_range, "revoke_grace", "It is from nothing to one day.");
}

// An API key as text, of its prefix and `kKeyRandomSize` bytes.
std::string_view key_text(std::string_view prefix, const uint8* secret) {
    char digits[kKeyTextSize];
    KeyText(secret, digits);
    const char* text = psprintf("%.*s%.*s", static_cast<int>(prefix.size()), prefix.data(), kKeyTextSize, digits);
    return text;
}

// The first answer of issue_api_key, with the key for whoever can derive it, while it is the key that works.
Datum issued_again(FunctionCallInfo fcinfo, Once* once, const pg_uuid_t& tenant) {
    Value columns[2];
    kept_columns(fcinfo, *once, columns, lengthof(columns));
    uint8 secret[kHmacSize];
    Value prefix, digest;
    if (derive_secret(once, 'k', secret) &&
        read_usable_key(tenant, *DatumGetUUIDP(columns[0].datum), GetCurrentTimestamp(), &prefix, &digest)) {
        std::string_view text = key_text(text_view(prefix.datum), secret);
        if (same_digest(digest_datum(text), digest.datum))
            columns[1] = {text_datum(text), false};
    }
    return composite_result(fcinfo, columns, lengthof(columns));
}

} // namespace

// issue_api_key(principal uuid, prefix text, workspace text, scopes text[], expires_at timestamptz, tenant text,
//               revoke_grace interval, idempotency_key text)
// returns (id uuid, key text); the key is shown here and to whoever repeats the call with the API key that he made it with
CURFEW_FUNCTION(issue_api_key) {
    Store store = open_store(fcinfo);
    Once once = begin_idempotent(fcinfo);
    Administration call = begin_administration(fcinfo, 5);
    if (once.repeated) {
        Datum result = issued_again(fcinfo, &once, call.tenant);
        close_store(store);
        return result;
    }
    NewKey key;
    key.id = new_uuid();
    key.principal = existing_principal(fcinfo, 0, "principal", call.tenant);
    pg_uuid_t workspace;
    key.workspace = {0, true};
    if (!PG_ARGISNULL(2)) {
        workspace = existing_workspace(text_argument(fcinfo, 2), call.tenant);
        key.workspace = {UUIDPGetDatum(&workspace), false};
    }
    key.scopes = argument(fcinfo, 3);
    check_scopes(key.scopes);
    key.expires_at = argument(fcinfo, 4);
    key.revoke_grace = argument(fcinfo, 6);
    check_grace(key.revoke_grace);

    std::string_view wanted = required_text(fcinfo, 1, "prefix");
    const char* prefix = pnstrdup(wanted.data(), wanted.size());
    if (strstr(prefix, "{workspace}") != nullptr) {
        if (key.workspace.null)
            raise_refusal(core::Refusal::missing_field, "workspace", "The prefix names a workspace.");
        char digits[7] = {};
        HexText(workspace.data, 3, digits);
        prefix = TextDatumGetCString(DirectFunctionCall3Coll(replace_text, C_COLLATION_OID, CStringGetTextDatum(prefix),
                                                         CStringGetTextDatum("{workspace}"),
                                                         CStringGetTextDatum(digits)));
    }
    key.prefix = prefix;
    bool plain = key.prefix.size() <= 32;
    for (char c : key.prefix)
        plain = plain && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-');
    if (!plain)
        raise_refusal(core::Refusal::unknown_value, "prefix", "It is at most 32 letters, digits, _ and -.");

    uint8 secret[kHmacSize];
    if (!derive_secret(&once, 'k', secret))
        fill_random(secret, kKeyRandomSize);
    std::string_view text = key_text(key.prefix, secret);
    key.digest = digest_datum(text);
    insert_key(call.tenant, key);
    call.log("api_key.issue", details_object({{"key_id", uuid_text(key.id)},
                                              {"principal_id", uuid_text(key.principal)},
                                              {"prefix", text_value(key.prefix)}}));
    Value columns[] = {{UUIDPGetDatum(&key.id), false}, {0, true}};
    if (once.keyed)
        keep_answer(fcinfo, once, composite_result(fcinfo, columns, lengthof(columns)));
    columns[1] = {text_datum(text), false};
    Datum result = composite_result(fcinfo, columns, lengthof(columns));
    close_store(store);
    return result;
}

// revoke_api_key(id uuid, tenant text, at_once boolean, idempotency_key text) returns timestamptz, from when on it is
// refused; a revoked key stays revoked
CURFEW_FUNCTION(revoke_api_key) {
    Store store = open_store(fcinfo);
    Once once = begin_idempotent(fcinfo);
    Administration call = begin_administration(fcinfo, 1);
    if (once.repeated)
        return kept_answer(fcinfo, once, store);
    pg_uuid_t id = required_uuid(fcinfo, 0, "id");
    Revocation revocation = revoke_key(call.tenant, id, !PG_ARGISNULL(2) && PG_GETARG_BOOL(2), call.now);
    if (!revocation.found)
        raise_refusal(core::Refusal::key_not_found, "id");
    if (revocation.changed)
        call.log("api_key.revoke", details_object({{"key_id", uuid_text(id)},
                                                   {"from", {rfc3339_datum(revocation.from, 3), false}}}));
    keep_answer(fcinfo, once, TimestampTzGetDatum(revocation.from));
    close_store(store);
    PG_RETURN_TIMESTAMPTZ(revocation.from);
}

// list_api_keys(principal uuid, tenant text) returns setof (id uuid, principal_id uuid, workspace_id uuid, prefix text,
// scopes text[], created_at, expires_at, revoked_at, last_used_at timestamptz); without a principal, of all
CURFEW_FUNCTION(list_api_keys) {
    Store store = open_store(fcinfo);
    RowSet rows = begin_rows(fcinfo);
    Administration call = begin_administration(fcinfo, 1);
    uint64 count = read_keys(call.tenant, argument(fcinfo, 0));
    for (uint64 i = 0; i < count; ++i) {
        Value columns[kKeyColumns];
        for (int c = 0; c < kKeyColumns; ++c)
            columns[c] = result_value(i, c);
        rows.put(columns);
    }
    close_store(store);
    return Datum(0);
}
