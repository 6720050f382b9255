#include "store_session.hpp"

#include "json.hpp"
#include "keyed_table.hpp"

namespace curfew {
namespace {

// Of the columns of curfew.session, in their order.
constexpr Oid kSessionTypes[kSessionColumns] = {
    UUIDOID,        TEXTOID,        UUIDOID,        UUIDOID,        UUIDOID,        UUIDOID,        UUIDOID,
    TEXTOID,        TEXTOID,        INT8OID,        TIMESTAMPTZOID, TIMESTAMPTZOID, TIMESTAMPTZOID, TIMESTAMPTZOID,
    TIMESTAMPTZOID, TIMESTAMPTZOID, INT8OID,        TEXTARRAYOID,   JSONBOID,       JSONBOID,       TIMESTAMPTZOID};

} // namespace

core::Refusal StatusRefusal(std::string_view status) {
    if (status == "suspended")
        return core::Refusal::principal_suspended;
    return status == "revoked" ? core::Refusal::principal_revoked : core::Refusal::none;
}

SessionRow session_row(uint64 row, int first) {
    SessionRow session;
    for (int i = 0; i < kSessionColumns; ++i)
        session.column[i] = result_value(row, first + i);
    return session;
}

bool read_session(const pg_uuid_t& tenant, const pg_uuid_t& id, Snapshots snapshots, SessionRow* row,
                  TransactionId* written_by) {
    static KeyedTable sessions = {"session", CURFEW_SESSION_COLUMNS("s"), kSessionTypes};
    static Statement statement = {"SELECT " CURFEW_SESSION_COLUMNS("s") ", s.xmin FROM curfew.session s"
                                  " WHERE s.tenant_id = $1 AND s.id = $2",
                                  {UUIDOID, UUIDOID}};
    Datum key = UUIDPGetDatum(const_cast<pg_uuid_t*>(&id));
    if (read_by_key(sessions, {tenant_key(tenant), {"id", UUIDOID, key}}, snapshots, row->column, written_by))
        return true;
    Parameters parameters;
    parameters.Add(tenant);
    parameters.Add(id);
    if (run_with(snapshots, statement, parameters) == 0)
        return false;
    *row = session_row(0, 0);
    if (written_by != nullptr)
        *written_by = DatumGetTransactionId(result_value(0, kSessionColumns).datum);
    return true;
}

core::Uuid ToCore(const pg_uuid_t& id) {
    core::Uuid uuid;
    memcpy(uuid.data(), id.data, UUID_LEN);
    return uuid;
}

core::MaybeUuid ToCore(const Value& id) {
    core::MaybeUuid uuid;
    uuid.set = !id.null;
    if (uuid.set)
        uuid.id = ToCore(*DatumGetUUIDP(id.datum));
    return uuid;
}

core::Instant InstantOf(const Value& timestamp) {
    if (timestamp.null)
        return core::kUnset;
    TimestampTz at = DatumGetTimestampTz(timestamp.datum);
    if (TIMESTAMP_IS_NOEND(at))
        return core::kNever;
    return TIMESTAMP_IS_NOBEGIN(at) ? core::kUnset + 1 : at; // -infinity is long ago, not unset
}

Datum TimestampDatum(core::Instant instant) {
    return TimestampTzGetDatum(instant == core::kNever ? DT_NOEND : instant);
}

core::PartyFacts PartyFactsOf(const SessionRow& row) {
    core::PartyFacts parties;
    parties.owner = ToCore(row.column[kSessionOwner]).id;
    parties.agent = ToCore(row.column[kSessionAgent]);
    parties.workspace = ToCore(row.column[kSessionWorkspace]);
    parties.operator_workspace = ToCore(row.column[kSessionOperatorWorkspace]);
    return parties;
}

core::SessionFacts session_facts(const SessionRow& row, const core::Lifecycle& lifecycle) {
    core::SessionFacts facts;
    facts.state = core::FindState(lifecycle, text_view(row.column[kSessionState].datum));
    if (facts.state == core::kNone)
        ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("a session is in a state that its lifecycle lacks"),
                        errdetail("It is the session %s, in the state \"%s\".",
                                  DatumGetCString(DirectFunctionCall1(uuid_out, row.column[kSessionId].datum)),
                                  TextDatumGetCString(row.column[kSessionState].datum))));
    if (!row.column[kSessionDeadlineState].null)
        facts.deadline_state = core::FindState(lifecycle, text_view(row.column[kSessionDeadlineState].datum));
    facts.version = DatumGetInt64(row.column[kSessionVersion].datum);
    facts.created_at = InstantOf(row.column[kSessionCreatedAt]);
    facts.updated_at = InstantOf(row.column[kSessionUpdatedAt]);
    facts.entered_at = InstantOf(row.column[kSessionEnteredAt]);
    facts.started_at = InstantOf(row.column[kSessionStartedAt]);
    facts.ended_at = InstantOf(row.column[kSessionEndedAt]);
    facts.used_at = InstantOf(row.column[kSessionUsedAt]);
    facts.deadline = InstantOf(row.column[kSessionDeadline]);
    facts.metered = DatumGetInt64(row.column[kSessionMetered].datum);

    JsonNode marks = JsonNode::of_datum(row.column[kSessionMarks].datum);
    for (int i = 0; i < lifecycle.mark_count; ++i)
        if (marks.Member(lifecycle.marks[i].View()).Present())
            facts.marks |= core::MarkBit(i);

    if (!row.column[kSessionTimers].null) {
        JsonNode settings = JsonNode::of_datum(row.column[kSessionTimers].datum);
        for (int i = 0; i < lifecycle.timer_count; ++i) {
            JsonNode seconds = settings.Member(lifecycle.timers[i].parameter.View());
            if (seconds.IsNumber())
                facts.settings[i] =
                    DatumGetInt64(DirectFunctionCall1(numeric_int8, NumericGetDatum(seconds.Number()))) * core::kSecond;
        }
    }
    return facts;
}

} // namespace curfew
