// SQL-callable: issuers of tokens.
#include "administration.hpp"
#include "function.hpp"

#include "core/scopes.hpp"
#include "errors.hpp"
#include "idempotency.hpp"
#include "jwk.hpp"
#include "secrets.hpp"
#include "store_issuer.hpp"

extern "C" {
#include "utils/json.h"
}

using namespace curfew;

namespace {

constexpr int kLongestIssuer = 512;    // characters of an issuer or an audience
constexpr int kLongestClaimName = 200; // characters
constexpr int64 kLargestSkew = 600 * core::kSecond;

const char* c_string(std::string_view text) { return pnstrdup(text.data(), text.size()); }

void check_length(const Value& text, const char* argument, int longest) {
    if (text.null)
        return;
    std::string_view view = text_view(text.datum);
    int length = pg_mbstrlen_with_len(view.data(), static_cast<int>(view.size()));
    if (length < 1 || length > longest)
        raise_refusal(core::Refusal::value_out_of_range, argument,
                      psprintf("It has %d characters; it can have from 1 to %d.", length, longest));
}

KeySet key_set_argument(const Value& jwks) {
    KeySet keys;
    if (jwks.null)
        return keys;
    if (const char* problem = read_key_set(JsonNode::of_datum(jwks.datum), &keys))
        raise_refusal(core::Refusal::invalid_key_set, "jwks", problem);
    for (int i = 0; i < keys.count; ++i)
        if (!IsUsable(keys.keys[i]))
            raise_refusal(core::Refusal::invalid_key_set, "jwks",
                          psprintf("Key %d cannot be taken: it is not a point of its curve.", i + 1));
    if (keys.count == 0)
        raise_refusal(core::Refusal::invalid_key_set, "jwks", "It has no key.");
    return keys;
}

void check_secret(const Value& secret) {
    if (secret.null)
        return;
    std::size_t size = VARSIZE_ANY_EXHDR(DatumGetByteaPP(secret.datum));
    if (size < kShortestSecret || size > kLongestSecret)
        raise_refusal(
            core::Refusal::value_out_of_range, "hs256_secret",
            psprintf("It has %zu bytes; it can have from %d to %d.", size, kShortestSecret, kLongestSecret));
}

// An object that gives each role a list of scopes.
Value role_scopes_argument(const Value& role_scopes) {
    if (role_scopes.null)
        return {DirectFunctionCall1(jsonb_in, CStringGetDatum("{}")), false};
    JsonNode table = JsonNode::of_datum(role_scopes.datum);
    if (!table.IsObject())
        raise_refusal(core::Refusal::wrong_type, "role_scopes", "It is an object of lists of scopes.");
    table.ForEachMember([](std::string_view role, JsonNode scopes) {
        if (!scopes.IsArray())
            raise_refusal(core::Refusal::wrong_type, "role_scopes",
                          psprintf("What \"%s\" stands for is not a list of scopes.", c_string(role)));
        scopes.ForEachElement([&](JsonNode scope) {
            if (!scope.IsText() || !core::IsScope(scope.Text()))
                raise_refusal(
                    core::Refusal::unknown_value, "role_scopes",
                    psprintf("What \"%s\" stands for has something that is not a scope.", c_string(role)));
            return true;
        });
        return true;
    });
    return role_scopes;
}

Value clock_skew_argument(FunctionCallInfo fcinfo, int index) {
    if (PG_ARGISNULL(index))
        raise_refusal(core::Refusal::missing_field, "clock_skew", "The argument \"clock_skew\" is null.");
    const Interval* skew = PG_GETARG_INTERVAL_P(index);
    if (skew->month != 0 || skew->day != 0 || skew->time < 0 || skew->time > kLargestSkew)
        raise_refusal(core::Refusal::value_out_of_range, "clock_skew", "It is from 0 to 10 minutes.");
    return argument(fcinfo, index);
}

// The details of an audit row: which issuer and which keys, by their names.
Value issuer_details(const pg_uuid_t& id, std::string_view issuer, const KeySet& keys) {
    StringInfoData json;
    initStringInfo(&json);
    appendStringInfo(&json, "{\"issuer_id\": \"%s\", \"issuer\": ", TextDatumGetCString(uuid_text(id).datum));
    escape_json(&json, c_string(issuer));
    appendStringInfoString(&json, ", \"kids\": [");
    int named = 0;
    for (int i = 0; i < keys.count; ++i) {
        if (!keys.keys[i].named)
            continue;
        appendStringInfoString(&json, named++ > 0 ? ", " : "");
        escape_json(&json, c_string(keys.keys[i].kid));
    }
    appendStringInfoString(&json, "]}");
    return {DirectFunctionCall1(jsonb_in, CStringGetDatum(json.data)), false};
}

// A key set that was registered.
KeySet stored_keys(const Value& jwks) {
    KeySet keys;
    if (!jwks.null)
        read_key_set(JsonNode::of_datum(jwks.datum), &keys);
    return keys;
}

} // namespace

// register_issuer(issuer text, jwks jsonb, audience text, hs256_secret bytea, principal_claim text,
//                 tenant_claim text, roles_claim text, role_scopes jsonb, scopes_claim text,
//                 clock_skew interval, tenant text, idempotency_key text) returns uuid
CURFEW_FUNCTION(register_issuer) {
    Store store = open_store(fcinfo);
    Once once = begin_idempotent(fcinfo);
    Administration call = begin_administration(fcinfo, 10);
    if (once.repeated)
        return kept_answer(fcinfo, once, store);
    NewIssuer issuer;
    issuer.id = new_uuid();
    issuer.issuer = required_text(fcinfo, 0, "issuer");
    issuer.jwks = argument(fcinfo, 1);
    issuer.audience = argument(fcinfo, 2);
    issuer.hs256_secret = argument(fcinfo, 3);
    issuer.principal_claim = required_text(fcinfo, 4, "principal_claim");
    issuer.tenant_claim = argument(fcinfo, 5);
    issuer.roles_claim = argument(fcinfo, 6);
    issuer.role_scopes = role_scopes_argument(argument(fcinfo, 7));
    issuer.scopes_claim = argument(fcinfo, 8);
    issuer.clock_skew = clock_skew_argument(fcinfo, 9);
    check_length(argument(fcinfo, 0), "issuer", kLongestIssuer);
    check_length(issuer.audience, "audience", kLongestIssuer);
    check_length(argument(fcinfo, 4), "principal_claim", kLongestClaimName);
    check_length(issuer.tenant_claim, "tenant_claim", kLongestClaimName);
    check_length(issuer.roles_claim, "roles_claim", kLongestClaimName);
    check_length(issuer.scopes_claim, "scopes_claim", kLongestClaimName);
    check_secret(issuer.hs256_secret);
    if (issuer.jwks.null && issuer.hs256_secret.null)
        raise_refusal(core::Refusal::missing_field, "jwks", "There is neither a key set nor a secret.");
    KeySet keys = key_set_argument(issuer.jwks);

    pg_uuid_t id = upsert_issuer(call.tenant, issuer);
    call.log("issuer.register", issuer_details(id, issuer.issuer, keys));
    Datum result = uuid_for_caller(id);
    keep_answer(fcinfo, once, result);
    close_store(store);
    return result;
}

// list_issuers(tenant text) returns rows, without keys and secrets
CURFEW_FUNCTION(list_issuers) {
    Store store = open_store(fcinfo);
    RowSet rows = begin_rows(fcinfo);
    Administration call = begin_administration(fcinfo, 0);
    uint64 count = list_issuers(call.tenant);
    for (uint64 row = 0; row < count; ++row) {
        Value columns[kIssuerColumns];
        for (int i = 0; i < kIssuerColumns; ++i)
            columns[i] = result_value(row, i);
        KeySet keys = stored_keys(columns[kIssuerKeySet]);
        if (DatumGetBool(columns[kIssuerHasSecret].datum))
            keys.keys[keys.count++].algorithm = Algorithm::hs256;
        std::string_view algorithms[lengthof(keys.keys)], kids[lengthof(keys.keys)];
        for (int i = 0; i < keys.count; ++i) {
            algorithms[i] = WordOf(keys.keys[i].algorithm);
            kids[i] = keys.keys[i].kid;
        }
        std::size_t size = static_cast<std::size_t>(keys.count);
        columns[kIssuerKeySet] = text_array({algorithms, size});
        columns[kIssuerHasSecret] = text_array({kids, size});
        rows.put(columns);
    }
    close_store(store);
    PG_RETURN_NULL();
}

// remove_issuer(issuer text, tenant text, idempotency_key text) returns void
CURFEW_FUNCTION(remove_issuer) {
    Store store = open_store(fcinfo);
    Once once = begin_idempotent(fcinfo);
    Administration call = begin_administration(fcinfo, 1);
    if (once.repeated)
        return kept_answer(fcinfo, once, store);
    std::string_view issuer = required_text(fcinfo, 0, "issuer");
    pg_uuid_t id;
    Value jwks;
    if (!delete_issuer(call.tenant, issuer, &id, &jwks))
        raise_refusal(core::Refusal::issuer_not_found, "issuer");
    call.log("issuer.remove", issuer_details(id, issuer, stored_keys(jwks)));
    keep_answer(fcinfo, once, Datum(0));
    close_store(store);
    PG_RETURN_VOID();
}
