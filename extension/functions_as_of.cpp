// SQL-callable: what a session was at a time that is past, by what was written down about it.
#include "administration.hpp"
#include "function.hpp"

#include "errors.hpp"
#include "json.hpp"
#include "lifecycle_cache.hpp"
#include "rfc3339.hpp"
#include "store_history.hpp"
#include "store_read.hpp"

using namespace curfew;

namespace {

// The session as the audit rows up to some moment leave it.
struct Known {
    bool whole = false; // no row that tells of it is missing
    bool gone = false;  // deleted behind the engine's back
    Value lifecycle = {0, true};
    Value state = {0, true};
    int64 version = 0;
    Datum marks = 0; // jsonb
};

Datum no_marks() { return DirectFunctionCall1(jsonb_in, CStringGetDatum("{}")); }

Value text_member(const JsonNode& object, std::string_view name) {
    JsonNode member = object.Member(name);
    return member.IsText() ? text_value(member.Text()) : Value{0, true};
}

HistoryKind kind_of(uint64 row) {
    return static_cast<HistoryKind>(DatumGetInt32(result_value(row, kHistoryKindOf).datum));
}

// Whether a row, or the session's own, goes on from the version that is known; otherwise rows between them are gone.
bool goes_on_from(const Known& known, const Value& version) {
    return version.null || DatumGetInt64(version.datum) == known.version;
}

// The creation, a change through the engine or of the clock.
void follow_change(uint64 row, Known* known) {
    Value details = result_value(row, kHistoryDetails);
    JsonNode told = details.null ? JsonNode{} : JsonNode::of_datum(details.datum);
    if (kind_of(row) == kHistoryCreation) {
        known->whole = true;
        known->lifecycle = text_member(told, "lifecycle");
    } else if (!goes_on_from(*known, result_value(row, kHistoryVersionBefore))) {
        known->whole = false;
    }
    known->version = DatumGetInt64(result_value(row, kHistoryVersion).datum);
    known->state = result_value(row, kHistoryState);
    Value set = text_member(told, "set"), cleared = text_member(told, "cleared");
    if (!set.null) {
        core::Instant at = InstantOf(result_value(row, kHistoryAt));
        Value mark = details_object({{TextDatumGetCString(set.datum), {rfc3339_datum(at, 6), false}}});
        known->marks = DirectFunctionCall2(jsonb_concat, known->marks, mark.datum);
    }
    if (!cleared.null)
        known->marks = DirectFunctionCall2(jsonb_delete, known->marks, cleared.datum);
}

// What was changed behind the engine's back is told whole, whatever came before.
void follow_outside(uint64 row, Known* known) {
    JsonNode after = JsonNode::of_datum(result_value(row, kHistoryDetails).datum).Member("after");
    known->whole = true;
    known->lifecycle = text_member(after, "lifecycle");
    known->state = text_member(after, "state");
    known->version = DatumGetInt64(result_value(row, kHistoryVersion).datum);
    known->marks = after.Member("marks").to_datum();
}

void follow(uint64 row, Known* known) {
    switch (kind_of(row)) {
    case kHistoryOutside:
        follow_outside(row, known);
        break;
    case kHistoryDeletion:
        known->gone = true;
        break;
    default:
        follow_change(row, known);
    }
}

// The rule of time. The deadline that runs after row `next - 1` is told by whatever reads one first: what the clock wrote
// down, what was there before a change from outside or else, as nobody has written it down yet, the session itself. A
// change between here and there needs no look: a session that could still be changed had not expired.
Value expired_state(uint64 next, uint64 count, core::Instant at) {
    int deadline = kHistoryRowDeadline, state = kHistoryRowDeadlineState;
    uint64 row = count - 1;
    for (uint64 i = next; i < count; ++i)
        if (kind_of(i) >= kHistoryClock) {
            row = i;
            deadline = kHistoryDeadline;
            state = kHistoryDeadlineState;
            break;
        }
    Value due = result_value(row, deadline);
    if (due.null || InstantOf(due) > at)
        return {0, true};
    return result_value(row, state);
}

[[noreturn]] void refuse_time(const char* detail) {
    raise_refusal(core::Refusal::value_out_of_range, "at", detail);
}

// Follows the rows up to `at`; the number followed. Refused where they do not tell what was then.
uint64 follow_until(core::Instant at, uint64 count, Known* known) {
    uint64 next = 0;
    for (; next < count && InstantOf(result_value(next, kHistoryAt)) <= at; ++next)
        follow(next, known);
    if (next == 0) {
        const char* first = TextDatumGetCString(rfc3339_datum(InstantOf(result_value(0, kHistoryAt)), 6));
        refuse_time(psprintf(kind_of(0) == kHistoryCreation ? "The session began at %s."
                                                            : "Audit rows from before %s are gone.",
                             first));
    }
    if (known->gone)
        refuse_time("The session had been deleted by then.");
    if (!known->whole)
        refuse_time("Audit rows from before then are gone.");
    bool last = next == count;
    if (!goes_on_from(*known, result_value(last ? 0 : next, last ? kHistoryRowVersion : kHistoryVersionBefore)))
        refuse_time("Audit rows from then are gone.");
    return next;
}

} // namespace

// session_as_of(session_id uuid, at timestamptz) returns (id uuid, at timestamptz, lifecycle text, state text,
//               version bigint, live boolean, terminal boolean, marks jsonb)
CURFEW_FUNCTION(session_as_of) {
    Store store = open_store(fcinfo);
    pg_uuid_t id = required_uuid(fcinfo, 0, "session_id");
    Loaded loaded;
    Identity identity = verified_caller(&loaded);
    if (!MayAudit(loaded))
        view(id, {});
    uint64 count = read_history(identity.tenant, id);
    Value row_lifecycle = result_value(0, kHistoryLifecycle);
    bool silent = result_value(0, kHistoryAt).null;
    if (silent && row_lifecycle.null)
        raise_refusal(core::Refusal::session_not_found);

    if (PG_ARGISNULL(1))
        raise_refusal(core::Refusal::missing_field, "at", "The argument \"at\" is null.");
    core::Instant at = PG_GETARG_TIMESTAMPTZ(1);
    if (at > GetCurrentTimestamp())
        refuse_time("That is yet to come.");
    if (silent)
        refuse_time("Nothing is written down about the session.");
    Known known;
    known.marks = no_marks();
    uint64 next = follow_until(at, count, &known);
    Value expired = expired_state(next, count, at);
    if (!expired.null)
        known.state = expired;
    if (known.lifecycle.null)
        known.lifecycle = row_lifecycle;

    core::State state;
    bool unknown = known.lifecycle.null || known.state.null;
    if (!unknown) {
        const core::Lifecycle& lifecycle = current_lifecycle(text_view(known.lifecycle.datum));
        int index = core::FindState(lifecycle, text_view(known.state.datum));
        unknown = index == core::kNone;
        if (!unknown)
            state = lifecycle.states[index];
    }
    Value columns[] = {{UUIDPGetDatum(&id), false},
                       argument(fcinfo, 1),
                       known.lifecycle,
                       known.state,
                       {Int64GetDatum(known.version), false},
                       {BoolGetDatum(state.live), unknown},
                       {BoolGetDatum(state.terminal), unknown},
                       {known.marks, false}};
    Datum result = composite_result(fcinfo, columns, lengthof(columns));
    close_store(store);
    return result;
}
