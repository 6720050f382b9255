// SQL-callable: suspending, resuming, revoking and killing a principal.
#include "administration.hpp"
#include "function.hpp"

#include "errors.hpp"
#include "forced_ending.hpp"
#include "idempotency.hpp"
#include "store_admin.hpp"

using namespace curfew;

namespace {

// Sets a principal's status and logs that; a repeat changes nothing and is not logged. Who is no administrator does that
// to agents alone.
void set_status(const Administration& call, const pg_uuid_t& principal, std::string_view status,
                std::string_view event, const Value& reason) {
    std::string_view kind;
    std::string_view before = change_status(call.tenant, principal, status, &kind);
    if (before.empty())
        raise_refusal(core::Refusal::principal_not_found, "id");
    if (call.by_scope && kind != "agent")
        raise_refusal(core::Refusal::not_admin, nullptr, "The scope is for agents.");
    if (before == "revoked" && status != "revoked")
        raise_refusal(core::Refusal::invalid_state, "id", "A revoked principal stays revoked.");
    if (before != status)
        call.log(event, details_object({{"principal_id", uuid_text(principal)}}), reason);
}

Datum suspend_or_resume(FunctionCallInfo fcinfo, std::string_view status, std::string_view event) {
    Store store = open_store(fcinfo);
    Once once = begin_idempotent(fcinfo);
    Administration call = begin_administration(fcinfo, 2, "agents:suspend");
    if (once.repeated)
        return kept_answer(fcinfo, once, store);
    set_status(call, required_uuid(fcinfo, 0, "id"), status, event, reason_argument(fcinfo, 1));
    keep_answer(fcinfo, once, Datum(0));
    close_store(store);
    PG_RETURN_VOID();
}

// Revokes the principal and ends its sessions; the number of sessions ended.
Datum revoke_for_good(FunctionCallInfo fcinfo, const Administration& call, std::string_view event, bool cascade) {
    pg_uuid_t principal = required_uuid(fcinfo, 0, "id");
    Value reason = reason_argument(fcinfo, 1);
    set_status(call, principal, "revoked", event, reason);

    AuditNote note;
    note.identity = call.has_identity ? &call.identity : nullptr;
    note.db_role = GetUserId();
    note.relation = "admin";
    note.reason = reason;
    note.details = details_object({{"cause", text_value(event)}, {"principal_id", uuid_text(principal)}});
    return Int64GetDatum(end_sessions_of(call.tenant, principal, cascade, note, call.now));
}

} // namespace

// suspend_principal, resume_principal (id uuid, reason text, tenant text, idempotency_key text) return void
CURFEW_FUNCTION(suspend_principal) { return suspend_or_resume(fcinfo, "suspended", "principal.suspend"); }
CURFEW_FUNCTION(resume_principal) { return suspend_or_resume(fcinfo, "active", "principal.resume"); }

// revoke_principal(id uuid, reason text, tenant text, idempotency_key text) returns bigint, the number of sessions ended
CURFEW_FUNCTION(revoke_principal) {
    Store store = open_store(fcinfo);
    Once once = begin_idempotent(fcinfo);
    Administration call = begin_administration(fcinfo, 2, "agents:revoke");
    if (once.repeated)
        return kept_answer(fcinfo, once, store);
    Datum ended = revoke_for_good(fcinfo, call, "principal.revoke", false);
    keep_answer(fcinfo, once, ended);
    close_store(store);
    return ended;
}

// kill_principal(id uuid, reason text, cascade boolean, tenant text, idempotency_key text) returns bigint, the number of
// sessions ended
CURFEW_FUNCTION(kill_principal) {
    Store store = open_store(fcinfo);
    Once once = begin_idempotent(fcinfo);
    Administration call = begin_administration(fcinfo, 3, "agents:kill", true);
    if (once.repeated)
        return kept_answer(fcinfo, once, store);
    Datum ended = revoke_for_good(fcinfo, call, "principal.kill", !PG_ARGISNULL(2) && PG_GETARG_BOOL(2));
    keep_answer(fcinfo, once, ended);
    close_store(store);
    return ended;
}
