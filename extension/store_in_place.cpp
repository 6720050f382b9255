#include "store_in_place.hpp"

#include "inside.hpp"
#include "secrets.hpp"

namespace curfew {
namespace {

// Parameters 1 to kChangeValues are the change's values; the one after them is its ticket.
constexpr int kTicket = kChangeValues + 1;
constexpr int kTenant = 1, kId = 15;
#define CURFEW_TICKET "$32"
static_assert(kTicket == 32);

// What no other backend and nobody's SQL can know.
const uint8* proof() {
    static uint8 bytes[sizeof Ticket::proof];
    static bool filled = false;
    if (!filled)
        fill_random(bytes, sizeof bytes);
    filled = true;
    return bytes;
}

InPlace* change_of_ticket(Datum datum) {
    bytea* given = DatumGetByteaP(datum);
    Ticket ticket;
    bool whole = VARSIZE(given) == sizeof ticket;
    if (whole)
        memcpy(&ticket, given, sizeof ticket);
    if (!whole || memcmp(ticket.proof, proof(), sizeof ticket.proof) != 0)
        ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
                        errmsg("curfew: only the engine's own statements call this function")));
    return ticket.change;
}

// How the session's columns are copied: the length of a value that is passed by reference, -1 for one that tells its
// own, 0 for one that is passed as it is.
int length_of(int column) {
    switch (column) {
    case kSessionId:
    case kSessionOwner:
    case kSessionAgent:
    case kSessionWorkspace:
    case kSessionOperatorWorkspace:
    case kSessionParent:
        return UUID_LEN;
    case kSessionLifecycle:
    case kSessionState:
    case kSessionDeadlineState:
    case kSessionScopes:
    case kSessionTimers:
    case kSessionMarks:
        return -1;
    default:
        return 0;
    }
}

// The row as it was, copied, with what the change writes into it.
SessionRow written_row(const SessionRow& before, const Value* values) {
    auto value = [&](int number) { return values[number - 1]; };
    SessionRow row = before;
    row.column[kSessionState] = value(17);
    row.column[kSessionDeadlineState] = value(18);
    row.column[kSessionVersion] = {Int64GetDatum(DatumGetInt64(value(16).datum) + 1), false};
    row.column[kSessionUpdatedAt] = value(3);
    row.column[kSessionEnteredAt] = value(19);
    row.column[kSessionStartedAt] = value(20);
    row.column[kSessionEndedAt] = value(21);
    row.column[kSessionDeadline] = value(22);
    row.column[kSessionMetered] = value(23);
    row.column[kSessionUsedAt] = value(30);
    for (int i = 0; i < kSessionColumns; ++i) {
        Value& column = row.column[i];
        if (!column.null && length_of(i) != 0 && column.datum == before.column[i].datum)
            column.datum = datumCopy(column.datum, false, length_of(i));
    }
    return row;
}

struct Fetched {
    InPlace* change;
    const Oid* types;
};

// What a parameter is when the executor comes to it. Those that the decision gives are not there before; none but the
// row's key is a constant to the planner.
ParamExternData* fetch_parameter(ParamListInfo parameters, int number, bool, ParamExternData* room) {
    const Fetched& fetched = *static_cast<Fetched*>(parameters->paramFetchArg);
    InPlace* change = fetched.change;
    room->ptype = fetched.types[number - 1];
    room->pflags = number == kTenant || number == kId ? PARAM_FLAG_CONST : 0;
    room->isnull = false;
    if (number == kTenant)
        room->value = UUIDPGetDatum(&change->tenant);
    else if (number == kId)
        room->value = UUIDPGetDatum(&change->session);
    else if (number == kTicket)
        room->value = PointerGetDatum(&change->ticket);
    else if (!change->decided)
        room->isnull = true;
    else {
        room->value = change->values[number - 1].datum;
        room->isnull = change->values[number - 1].null;
    }
    return room;
}

} // namespace

bool decide_in_place(Datum ticket, const pg_uuid_t& tenant, const SessionRow& row) {
    InPlace* change = change_of_ticket(ticket);
    if (memcmp(tenant.data, change->tenant.data, UUID_LEN) != 0 ||
        memcmp(DatumGetUUIDP(row.column[kSessionId].datum)->data, change->session.data, UUID_LEN) != 0)
        return false;
    MemoryContext outer = MemoryContextSwitchTo(change->memory);
    Change written;
    change->decided = change->decide(change->context, row, &written);
    if (change->decided) {
        change_values(change->tenant, written, change->values);
        change->row = written_row(row, change->values);
    }
    MemoryContextSwitchTo(outer);
    return change->decided;
}

bool write_in_place(InPlace* change) {
    static Statement statement = {
        "WITH changed AS ("
        " UPDATE curfew.session s SET " CURFEW_STATE_FROM(CURFEW_PARAMETER)
        " WHERE s.tenant_id = $1 AND s.id = $15"
        " AND curfew.decides(" CURFEW_TICKET ", s.tenant_id, " CURFEW_SESSION_COLUMNS("s") ") RETURNING s.id)"
        "INSERT INTO curfew.audit_event (" CURFEW_AUDIT_COLUMNS ", session_id, to_state, version)"
        " SELECT " CURFEW_AUDIT_VALUES ", c.id, $28, $16 + 1 FROM changed c",
        {CURFEW_AUDIT_TYPES, CURFEW_CHANGE_TYPES, BYTEAOID}};
    SET_VARSIZE(&change->ticket, sizeof change->ticket);
    change->ticket.change = change;
    memcpy(change->ticket.proof, proof(), sizeof change->ticket.proof);
    change->memory = CurrentMemoryContext;
    change->decided = false;
    Fetched fetched = {change, statement.types};
    int before = EnterEngine(change->session);
    uint64 rows = run_fetching(statement, kTicket, fetch_parameter, &fetched);
    LeaveEngine(before);
    return rows > 0;
}

} // namespace curfew
