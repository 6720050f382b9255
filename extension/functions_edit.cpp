// SQL-callable: what people read of a session, changed; and its messages.
#include "function.hpp"

#include "errors.hpp"
#include "idempotency.hpp"
#include "store_edit.hpp"

using namespace curfew;

namespace {

constexpr std::string_view kUsualAction = "update";
constexpr std::string_view kMessageAction = "message";
constexpr std::string_view kWakingAction = "wake";
constexpr std::string_view kUsualKind = "user_message";
constexpr int kMaxMessages = 10000;
constexpr int kUsualMessages = 1000;

// The arguments that both functions end in, from `first` on: reason, expected_version, lifecycle, workspace.
ActionRequest request_of(FunctionCallInfo fcinfo, int first) {
    ActionRequest request;
    request.session = required_uuid(fcinfo, 0, "session_id");
    request.reason = argument(fcinfo, first);
    request.expected_version = version_argument(fcinfo, first + 1);
    request.within.lifecycle = text_argument(fcinfo, first + 2);
    request.within.workspace = text_argument(fcinfo, first + 3);
    return request;
}

// Whether the session is in a state that the action starts from.
bool starts_here(const Viewed& viewed, std::string_view name) {
    const core::Lifecycle& lifecycle = *viewed.lifecycle;
    int action = core::FindAction(lifecycle, name);
    int state = core::PresentOf(lifecycle, session_facts(viewed.row, lifecycle), viewed.now).state;
    return action != core::kNone && (lifecycle.actions[action].from & core::StateBit(state));
}

} // namespace

// update_session(session_id uuid, action text, title text, labels jsonb, metadata jsonb, fields jsonb, reason text,
//                expected_version bigint, lifecycle text, workspace text) returns session_info
CURFEW_FUNCTION(update_session) {
    Store store = open_store(fcinfo);
    ActionRequest request = request_of(fcinfo, 6);
    request.action = PG_ARGISNULL(1) ? kUsualAction : text_argument(fcinfo, 1);
    Edit edit;
    edit.title = argument(fcinfo, 2);
    edit.labels = argument(fcinfo, 3);
    edit.metadata = argument(fcinfo, 4);
    edit.fields = argument(fcinfo, 5);
    request.edit = &edit;
    return act_once(fcinfo, store, request);
}

// post_message(session_id uuid, message text, kind text, reason text, expected_version bigint, lifecycle text,
//              workspace text) returns session_info
CURFEW_FUNCTION(post_message) {
    Store store = open_store(fcinfo);
    Once once = begin_idempotent(fcinfo);
    ActionRequest request = request_of(fcinfo, 3);
    request.action = kMessageAction;
    Edit edit;
    edit.message = argument(fcinfo, 1);
    if (edit.message.null)
        edit.message = {text_datum({}), false}; // refused in its turn
    edit.message_kind = PG_ARGISNULL(2) ? Value{text_datum(kUsualKind), false} : argument(fcinfo, 2);
    request.edit = &edit;
    if (once.repeated) {
        check_permitted(request);
        return kept_answer(fcinfo, once, store);
    }
    Viewed viewed = act(request);
    if (starts_here(viewed, kWakingAction)) { // the row is this transaction's: nobody is in between
        request.action = kWakingAction;
        request.edit = nullptr;
        request.expected_version = -1;
        viewed = act(request);
    }
    Datum result = session_result(fcinfo, viewed);
    keep_answer(fcinfo, once, result);
    close_store(store);
    return result;
}

// list_messages(session_id uuid, max_rows integer, after uuid) returns setof session_message_entry, oldest first
CURFEW_FUNCTION(list_messages) {
    Store store = open_store(fcinfo);
    RowSet rows = begin_rows(fcinfo);
    pg_uuid_t session = required_uuid(fcinfo, 0, "session_id");
    view(session, {});
    const pg_uuid_t tenant = caller_identity().tenant; // verified by view()
    int wanted = rows_argument(fcinfo, 1, kUsualMessages, kMaxMessages);
    Value after = argument(fcinfo, 2);
    if (!after.null && !is_message(tenant, session, after))
        raise_refusal(core::Refusal::unknown_value, "after", "There is no message of that id to go on from.");
    uint64 count = read_messages(tenant, session, after, wanted);
    for (uint64 i = 0; i < count; ++i) {
        Value columns[kMessageColumns];
        for (int c = 0; c < kMessageColumns; ++c)
            columns[c] = result_value(i, c);
        rows.put(columns);
    }
    close_store(store);
    return Datum(0);
}
