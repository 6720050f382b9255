// SQL-callable: who is calling.
#include "administration.hpp"
#include "function.hpp"

#include "errors.hpp"
#include "jwt_identity.hpp"
#include "refusal_context.hpp"
#include "secrets.hpp"
#include "server_settings.hpp"
#include "store_admin.hpp"
#include "store_identity.hpp"
#include "store_read.hpp"
#include "token_session.hpp"
#include "uses.hpp"

using namespace curfew;

namespace {

// The transaction's identity or the role's mapping; false when there is neither.
bool has_identity(Identity* identity) {
    if (const Identity* set = TransactionIdentity()) {
        *identity = *set;
        return true;
    }
    return find_mapping(GetUserId(), identity);
}

} // namespace

// authenticate(credential text, tenant text, via text, request_id text, traceparent text)
// returns (tenant_id uuid, principal_id uuid, session_id uuid, kind text, role text)
CURFEW_FUNCTION(authenticate) {
    TellRequestId(text_argument(fcinfo, 3));
    Store store = open_store(fcinfo);
    std::string_view credential = text_argument(fcinfo, 0);
    if (credential.empty())
        raise_refusal(core::Refusal::no_credential);
    if (credential.size() > kLongestJwt)
        raise_refusal(core::Refusal::invalid_credential);

    core::Instant now = GetCurrentTimestamp();
    Identity identity;
    Objection objection; // to a JWT
    bool found = true;
    if (LooksLikeJwt(credential))
        objection = find_jwt(credential, argument(fcinfo, 1), now, &identity);
    else
        found = (credential.size() == 2 * kTokenSize && find_session_token(credential, &identity)) ||
                find_api_key(credential, &identity);
    if (!found)
        raise_refusal(core::Refusal::invalid_credential);
    set_request(&identity, text_argument(fcinfo, 2), text_argument(fcinfo, 3), text_argument(fcinfo, 4));
    if (objection.refusal != core::Refusal::none) {
        note_caller(identity, {0, true}, "authenticate");
        raise_refusal(objection.refusal, objection.argument, objection.detail);
    }
    if (!PG_ARGISNULL(1)) {
        pg_uuid_t tenant;
        if (!find_tenant(text_argument(fcinfo, 1), &tenant) ||
            memcmp(tenant.data, identity.tenant.data, UUID_LEN) != 0) {
            note_caller(identity, {0, true}, "authenticate");
            raise_refusal(core::Refusal::tenant_mismatch, "tenant");
        }
    }

    Loaded loaded = load_as_caller(&identity, {}, GetCurrentTimestamp(), "authenticate");
    if (identity.kind == IdentityKind::api_key) {
        KeyProof proof;
        prove_key(credential, proof.bytes);
        set_transaction_identity(identity, &proof);
        explicit_bzero(&proof, sizeof proof);
    } else {
        set_transaction_identity(identity);
    }
    if (identity.kind == IdentityKind::api_key && !loaded.key_used_lately && !XactReadOnly && !IsolationUsesXactSnapshot())
        touch_key(identity.tenant, identity.credential, GetCurrentTimestamp());
    if (loaded.use_is_due)
        note_use(identity.tenant, identity.credential, GetCurrentTimestamp());

    static constexpr const char* kKinds[] = {"user", "service", "agent"};
    static constexpr const char* kRoles[] = {"none", "reader", "member", "admin"};
    bool by_token = identity.kind == IdentityKind::session_token;
    Value columns[] = {uuid_value(identity.tenant),
                       uuid_value(identity.principal),
                       {by_token ? UUIDPGetDatum(&identity.credential) : 0, !by_token},
                       {CStringGetTextDatum(kKinds[static_cast<int>(loaded.caller.kind)]), false},
                       {CStringGetTextDatum(kRoles[static_cast<int>(loaded.caller.role)]), false}};
    Datum result = composite_result(fcinfo, columns, lengthof(columns));
    close_store(store);
    return result;
}

// act_as(tenant text, principal uuid) returns void
CURFEW_FUNCTION(act_as) {
    Store store = open_store(fcinfo);
    Identity identity;
    identity.kind = IdentityKind::act_as;
    identity.role = GetUserId();
    if (!find_tenant(required_text(fcinfo, 0, "tenant"), &identity.tenant))
        raise_refusal(core::Refusal::tenant_not_found, "tenant");
    identity.principal = required_uuid(fcinfo, 1, "principal");
    Value columns[kPrincipalColumns];
    if (!read_principal(identity.tenant, identity.principal, columns))
        raise_refusal(core::Refusal::principal_not_found, "principal");
    load_as_caller(&identity, {}, GetCurrentTimestamp(), "act_as");
    set_transaction_identity(identity);
    close_store(store);
    PG_RETURN_VOID();
}

namespace {

enum class Part { tenant, principal, session };

// One id of the caller's identity; null where there is none, or where the caller may not act any more.
Datum current_part(FunctionCallInfo fcinfo, Part part) {
    Store store = open_store(fcinfo);
    Identity identity;
    bool known = has_identity(&identity) && (part != Part::session || identity.kind == IdentityKind::session_token);
    if (known) {
        Loaded loaded = load(identity, {}, GetCurrentTimestamp());
        known = loaded.caller_found && loaded.refusal == core::Refusal::none;
    }
    Datum result = 0;
    if (known)
        result = uuid_for_caller(part == Part::tenant      ? identity.tenant
                                 : part == Part::principal ? identity.principal
                                                           : identity.credential);
    close_store(store);
    fcinfo->isnull = !known;
    return result;
}

} // namespace

CURFEW_FUNCTION(current_tenant) { return current_part(fcinfo, Part::tenant); }
CURFEW_FUNCTION(current_principal) { return current_part(fcinfo, Part::principal); }
CURFEW_FUNCTION(current_session) { return current_part(fcinfo, Part::session); }

// current_traceparent() returns text
CURFEW_FUNCTION(current_traceparent) {
    (void)fcinfo;
    const char* traceparent = TransactionTraceparent();
    if (traceparent[0] == '\0')
        PG_RETURN_NULL();
    return CStringGetTextDatum(traceparent);
}

// audited_tenant() returns uuid: the tenant whose whole log the caller may read. SL401, SL403
CURFEW_FUNCTION(audited_tenant) {
    Store store = open_store(fcinfo);
    Loaded loaded;
    Identity identity = verified_caller(&loaded);
    if (!MayAudit(loaded))
        raise_refusal(core::Refusal::not_admin, nullptr, kAuditorsOnly);
    Datum result = uuid_for_caller(identity.tenant);
    close_store(store);
    return result;
}

// introspect(token text) returns (active boolean, session_id uuid, tenant_id uuid, lifecycle text, state text,
//                                 principal_id uuid, scopes text[], expires_at timestamptz)
CURFEW_FUNCTION(introspect) {
    Store store = open_store(fcinfo);
    Identity identity = verified_caller(nullptr, "introspect");
    core::Instant now = GetCurrentTimestamp();

    constexpr Value kNull = {0, true};
    Value columns[] = {{BoolGetDatum(false), false}, kNull, kNull, kNull, kNull, kNull, kNull, kNull};
    TokenSession found;
    if (find_token_session(identity.tenant, text_argument(fcinfo, 0), now, &found) && found.active) {
        const SessionRow& row = found.row;
        bool by_agent = !row.column[kSessionAgent].null;
        if (core::UseIsDue(*found.lifecycle, found.facts, now, now, UseGranularity()))
            note_use(identity.tenant, *DatumGetUUIDP(row.column[kSessionId].datum), now);
        columns[0] = {BoolGetDatum(true), false};
        columns[1] = row.column[kSessionId];
        columns[2] = uuid_value(identity.tenant);
        columns[3] = row.column[kSessionLifecycle];
        columns[4] = {text_datum(found.state->name.View()), false};
        columns[5] = row.column[by_agent ? kSessionAgent : kSessionOwner];
        columns[6] = row.column[kSessionScopes];
        columns[7] = {TimestampDatum(found.facts.deadline), found.facts.deadline == core::kNever};
    }
    Datum result = composite_result(fcinfo, columns, lengthof(columns));
    close_store(store);
    return result;
}
