// SQL-callable: one session. Taking actions, reading it.
#include "function.hpp"

#include "errors.hpp"
#include "idempotency.hpp"
#include "json.hpp"
#include "store_read.hpp"

using namespace curfew;

namespace {

// The arguments that every named form has: session_id, reason, expected_version.
ActionRequest request_of(FunctionCallInfo fcinfo, int reason, int expected_version) {
    ActionRequest request;
    request.session = required_uuid(fcinfo, 0, "session_id");
    request.reason = argument(fcinfo, reason);
    request.expected_version = version_argument(fcinfo, expected_version);
    return request;
}

// NAME_session(session_id uuid, reason text, expected_version bigint, idempotency_key text) returns session_info
Datum act_named(FunctionCallInfo fcinfo, std::string_view action) {
    Store store = open_store(fcinfo);
    ActionRequest request = request_of(fcinfo, 1, 2);
    request.action = action;
    return act_once(fcinfo, store, request);
}

} // namespace

// act(session_id uuid, action text, reason text, expected_version bigint, lifecycle text, workspace text,
//     require_reason boolean, for_workspace text, fields jsonb, idempotency_key text) returns session_info
CURFEW_FUNCTION(act) {
    Store store = open_store(fcinfo);
    ActionRequest request = request_of(fcinfo, 2, 3);
    request.action = required_text(fcinfo, 1, "action");
    request.within.lifecycle = text_argument(fcinfo, 4);
    request.within.workspace = text_argument(fcinfo, 5);
    request.require_reason = !PG_ARGISNULL(6) && PG_GETARG_BOOL(6);
    request.for_workspace = text_argument(fcinfo, 7);
    request.fields = argument(fcinfo, 8);
    if (!request.fields.null && !JsonNode::of_datum(request.fields.datum).IsObject())
        raise_refusal(core::Refusal::wrong_type, "fields", "It is a JSON object.");
    return act_once(fcinfo, store, request);
}

// extend_session(session_id uuid, by interval, until timestamptz, reason text, expected_version bigint,
//                idempotency_key text) returns session_info
CURFEW_FUNCTION(extend_session) {
    Store store = open_store(fcinfo);
    ActionRequest request = request_of(fcinfo, 3, 4);
    request.action = "extend";
    request.extends = true;
    request.by = argument(fcinfo, 1);
    request.until = argument(fcinfo, 2);
    return act_once(fcinfo, store, request);
}

// touch_session(session_id uuid) returns void
CURFEW_FUNCTION(touch_session) {
    Store store = open_store(fcinfo);
    touch(required_uuid(fcinfo, 0, "session_id"));
    close_store(store);
    PG_RETURN_VOID();
}

CURFEW_FUNCTION(terminate_session) { return act_named(fcinfo, "terminate"); }
CURFEW_FUNCTION(cancel_session) { return act_named(fcinfo, "cancel"); }
CURFEW_FUNCTION(end_session) { return act_named(fcinfo, "end"); }
CURFEW_FUNCTION(archive_session) { return act_named(fcinfo, "archive"); }
CURFEW_FUNCTION(unarchive_session) { return act_named(fcinfo, "unarchive"); }

// get_session(session_id uuid, lifecycle text, workspace text) returns session_info
CURFEW_FUNCTION(get_session) {
    Store store = open_store(fcinfo);
    pg_uuid_t id = required_uuid(fcinfo, 0, "session_id");
    Within within;
    within.lifecycle = text_argument(fcinfo, 1);
    within.workspace = text_argument(fcinfo, 2);
    Datum result = session_result(fcinfo, view(id, within));
    close_store(store);
    return result;
}

// get_session_detail(session_id uuid) returns (title text, labels jsonb, metadata jsonb, fields jsonb,
// last_message_at timestamptz, last_used_at timestamptz); what stands under `operator` in the fields is shown to the
// operator alone
CURFEW_FUNCTION(get_session_detail) {
    Store store = open_store(fcinfo);
    pg_uuid_t id = required_uuid(fcinfo, 0, "session_id");
    bool is_operator = view(id, {}).relations & core::Bit(core::Relation::party);
    Value columns[kDetailColumns];
    read_detail(caller_identity().tenant, id, is_operator, columns); // verified by view()
    Datum result = composite_result(fcinfo, columns, kDetailColumns);
    close_store(store);
    return result;
}

// session_relations(session_id uuid) returns text[]: what the caller is to a session that he may read
CURFEW_FUNCTION(session_relations) {
    Store store = open_store(fcinfo);
    core::RelationMask held = view(required_uuid(fcinfo, 0, "session_id"), {}).relations;
    std::string_view words[core::kRelations];
    std::size_t count = 0;
    for (int i = 0; i < core::kRelations; ++i)
        if (held & core::Bit(static_cast<core::Relation>(i)))
            words[count++] = core::kRelationWords[i];
    Datum result = for_caller(text_array({words, count}).datum);
    close_store(store);
    return result;
}
