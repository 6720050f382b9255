#include "store_filter.hpp"

#include "store_audit.hpp"

namespace curfew {
namespace {

// The columns of a row of a list, and where they come from. $1 tenant, $2 principal.
#define CURFEW_LISTED_COLUMNS                                                                                      \
    "SELECT " CURFEW_STORED_COLUMNS ","                                                                            \
    " (SELECT r.role FROM curfew.workspace_member r WHERE r.tenant_id = $1"                                        \
    "  AND r.workspace_id = s.workspace_id AND r.principal_id = $2),"                                              \
    " (SELECT r.role FROM curfew.workspace_member r WHERE r.tenant_id = $1"                                        \
    "  AND r.workspace_id = s.operator_workspace_id AND r.principal_id = $2)"                                      \
    " FROM curfew.session s JOIN curfew.lifecycle l ON l.name = s.lifecycle"

// One value has a parameter of its own, since only that lets an index keep its order.
#define CURFEW_CHOICE(column, one, many)                                                                           \
    " AND (" one " IS NULL OR " column " = " one ") AND (" many " IS NULL OR " column " = ANY (" many "))"

// Every key's value in `document`, or one of its values where it is a list, is among those that the parameter has for it.
#define CURFEW_AMONG(document, wanted)                                                                             \
    " AND (" wanted " IS NULL OR NOT EXISTS (SELECT FROM jsonb_each(" wanted ") x"                                 \
    "  WHERE NOT EXISTS (SELECT FROM jsonb_array_elements(x.value) y WHERE COALESCE(" document " -> x.key, 'null') @> y.value)))"

// $1 tenant, $2 principal, $3 bound workspace, $4 may take operators' places, $5 and $6 lifecycle, $7 and $8 owner,
// $9 and $10 agent, $11 and $12 workspace, $13 and $14 operator's workspace, $15 ids, $16 states, $17 whether it has
// ended, $18 now, $19 and $20 marks, $21 and $22 creation, $23 whether details matter, $24 labels, $25 fields,
// $26 search, $27 parties. A state is not compared with a session's alone, since its timer may have led elsewhere.
#define CURFEW_MATCHING                                                                                            \
    CURFEW_LISTED_COLUMNS " WHERE s.tenant_id = $1"                                                                \
    CURFEW_CHOICE("s.lifecycle", "$5", "$6") CURFEW_CHOICE("s.owner_id", "$7", "$8")                               \
    CURFEW_CHOICE("s.agent_id", "$9", "$10") CURFEW_CHOICE("s.workspace_id", "$11", "$12")                         \
    CURFEW_CHOICE("s.operator_workspace_id", "$13", "$14")                                                         \
    " AND ($27 IS NULL OR s.workspace_id = ANY ($27) OR s.operator_workspace_id = ANY ($27))"                      \
    " AND ($15 IS NULL OR s.id = ANY ($15))"                                                                       \
    " AND ($16 IS NULL OR s.state = ANY ($16) OR s.deadline_state = ANY ($16))"                                    \
    " AND ($17 IS NULL OR CASE WHEN $17 THEN s.ended_at IS NOT NULL OR s.deadline <= $18"                          \
    "  ELSE s.ended_at IS NULL END)"                                                                               \
    " AND ($19 IS NULL OR s.marks ?& $19) AND ($20 IS NULL OR NOT s.marks ?| $20)"                                 \
    " AND ($21 IS NULL OR s.created_at >= $21) AND ($22 IS NULL OR s.created_at < $22)"                            \
    " AND (NOT $23 OR EXISTS (SELECT FROM curfew.session_detail d WHERE d.tenant_id = $1 AND d.session_id = s.id"  \
    CURFEW_AMONG("d.labels", "$24") CURFEW_AMONG("d.fields", "$25")                                                \
    "  AND ($26 IS NULL OR strpos(lower(d.title), lower($26)) > 0)))"
#define CURFEW_MATCHING_TYPES                                                                                      \
    UUIDOID, UUIDOID, UUIDOID, BOOLOID, TEXTOID, TEXTARRAYOID, UUIDOID, UUIDARRAYOID, UUIDOID, UUIDARRAYOID,       \
        UUIDOID, UUIDARRAYOID, UUIDOID, UUIDARRAYOID, UUIDARRAYOID, TEXTARRAYOID, BOOLOID, TIMESTAMPTZOID,         \
        TEXTARRAYOID, TEXTARRAYOID, TIMESTAMPTZOID, TIMESTAMPTZOID, BOOLOID, JSONBOID, JSONBOID, TEXTOID,          \
        UUIDARRAYOID

// Sessions that the caller has to do with.
#define CURFEW_OWN                                                                                                 \
    " AND (s.owner_id = $2 OR s.agent_id = $2 OR s.workspace_id = $3 OR s.operator_workspace_id = $3"              \
    " OR ($4 AND s.operator_workspace_id IS NULL)"                                                                 \
    " OR s.workspace_id IN (SELECT m.workspace_id FROM curfew.workspace_member m"                                  \
    "  WHERE m.tenant_id = $1 AND m.principal_id = $2)"                                                            \
    " OR s.operator_workspace_id IN (SELECT m.workspace_id FROM curfew.workspace_member m"                         \
    "  WHERE m.tenant_id = $1 AND m.principal_id = $2))"

void add(Parameters* parameters, const Choice& choice) {
    add(parameters, choice.one);
    add(parameters, choice.many);
}

// What is live has not ended.
Wish EndedWish(const SessionFilter& filter) {
    return filter.ended == Wish::any && filter.live == Wish::yes ? Wish::no : filter.ended;
}

Parameters parameters_of(const Identity& identity, const core::CallerFacts& caller, const SessionFilter& filter,
                         core::Instant now) {
    Parameters parameters;
    parameters.Add(identity.tenant);
    parameters.Add(identity.principal);
    pg_uuid_t* bound = static_cast<pg_uuid_t*>(palloc(sizeof(pg_uuid_t)));
    memcpy(bound->data, caller.bound_workspace.id.data(), UUID_LEN);
    parameters.AddIf(caller.bound_workspace.set, UUIDPGetDatum(bound));
    parameters.Add(BoolGetDatum(caller.bound_is_operator));
    add(&parameters, filter.lifecycle);
    add(&parameters, filter.owner);
    add(&parameters, filter.agent);
    add(&parameters, filter.workspace);
    add(&parameters, filter.operator_workspace);
    add(&parameters, filter.ids);
    add(&parameters, filter.states.empty() ? Value{0, true} : text_array(filter.states));
    Wish ended = EndedWish(filter);
    parameters.AddIf(ended != Wish::any, BoolGetDatum(ended == Wish::yes));
    parameters.Add(TimestampDatum(now));
    add(&parameters, filter.marked);
    add(&parameters, filter.unmarked);
    add_instant(&parameters, filter.created_from);
    add_instant(&parameters, filter.created_before);
    parameters.Add(BoolGetDatum(!filter.labels.null || !filter.fields.null || !filter.search.null));
    add(&parameters, filter.labels);
    add(&parameters, filter.fields);
    add(&parameters, filter.search);
    add(&parameters, filter.party);
    return parameters;
}

// Whether the caller may have to do with any session of the tenant.
bool MeetsAll(const core::CallerFacts& caller) {
    return !caller.bound_workspace.set && (caller.role == core::Role::admin || caller.kind == core::Kind::service);
}

} // namespace

StoredSession stored_session(uint64 index) {
    StoredSession stored;
    stored.row = session_row(index, 0);
    stored.version = {DatumGetInt32(result_value(index, kSessionColumns).datum),
                      DatumGetTransactionId(result_value(index, kSessionColumns + 1).datum)};
    stored.written_by = DatumGetTransactionId(result_value(index, kSessionColumns + 2).datum);
    return stored;
}

Portal open_session_list(const Identity& identity, const core::CallerFacts& caller, const SessionFilter& filter,
                         core::Instant now, const Newest& after) {
#define CURFEW_NEWEST " AND ($28 IS NULL OR (s.created_at, s.id) < ($28, $29)) ORDER BY s.created_at DESC, s.id DESC"
    static Statement all = {CURFEW_MATCHING CURFEW_NEWEST, {CURFEW_MATCHING_TYPES, TIMESTAMPTZOID, UUIDOID}};
    static Statement own = {CURFEW_MATCHING CURFEW_OWN CURFEW_NEWEST, {CURFEW_MATCHING_TYPES, TIMESTAMPTZOID, UUIDOID}};
    Parameters parameters = parameters_of(identity, caller, filter, now);
    add(&parameters, after.created_at);
    add(&parameters, after.id);
    return open_cursor(MeetsAll(caller) ? all : own, parameters);
}

Portal open_session_list(const Identity& identity, const core::CallerFacts& caller, const SessionFilter& filter,
                         core::Instant now, const ById& after) {
#define CURFEW_BY_ID " AND ($28 IS NULL OR s.id > $28) ORDER BY s.id LIMIT $29"
    static Statement all = {CURFEW_MATCHING CURFEW_BY_ID, {CURFEW_MATCHING_TYPES, UUIDOID, INT8OID}};
    static Statement own = {CURFEW_MATCHING CURFEW_OWN CURFEW_BY_ID, {CURFEW_MATCHING_TYPES, UUIDOID, INT8OID}};
    Parameters parameters = parameters_of(identity, caller, filter, now);
    add(&parameters, after.id);
    parameters.AddIf(after.rows > 0, Int64GetDatum(after.rows));
    return open_cursor(MeetsAll(caller) ? all : own, parameters);
}

Portal open_session_list(const Identity& identity, const core::CallerFacts& caller, const SessionFilter& filter,
                         core::Instant now, const Sorted& order) {
// $28 by what, $29 whether descending. A session whose deadline has passed was changed last by that.
#define CURFEW_SORT_KEY                                                                                            \
    "CASE $28 WHEN 1 THEN GREATEST(s.updated_at, CASE WHEN s.ended_at IS NULL AND s.deadline <= $18 THEN s.deadline END)" \
    " WHEN 2 THEN (SELECT d.last_message_at FROM curfew.session_detail d WHERE d.tenant_id = $1 AND d.session_id = s.id)" \
    " ELSE s.created_at END"
#define CURFEW_SORTED                                                                                              \
    " ORDER BY CASE WHEN $29 THEN " CURFEW_SORT_KEY " END DESC NULLS LAST,"                                        \
    " CASE WHEN NOT $29 THEN " CURFEW_SORT_KEY " END NULLS LAST,"                                                  \
    " CASE WHEN $29 THEN s.created_at END DESC, CASE WHEN NOT $29 THEN s.created_at END,"                          \
    " CASE WHEN $29 THEN s.id END DESC, CASE WHEN NOT $29 THEN s.id END"
    static Statement all = {CURFEW_MATCHING CURFEW_SORTED, {CURFEW_MATCHING_TYPES, INT4OID, BOOLOID}};
    static Statement own = {CURFEW_MATCHING CURFEW_OWN CURFEW_SORTED, {CURFEW_MATCHING_TYPES, INT4OID, BOOLOID}};
    Parameters parameters = parameters_of(identity, caller, filter, now);
    parameters.Add(Int32GetDatum(static_cast<int>(order.by)));
    parameters.Add(BoolGetDatum(order.descending));
    return open_cursor(MeetsAll(caller) ? all : own, parameters);
}

uint64 read_listed(const Identity& identity, std::span<const pg_uuid_t> ids) {
    static Statement statement = {CURFEW_LISTED_COLUMNS " WHERE s.tenant_id = $1 AND s.id = ANY ($3) ORDER BY s.id",
                                  {UUIDOID, UUIDOID, UUIDARRAYOID}};
    Parameters parameters;
    parameters.Add(identity.tenant);
    parameters.Add(identity.principal);
    parameters.Add(uuid_array(ids));
    return run(statement, parameters);
}

Portal open_id_range(const Identity& identity, std::string_view lifecycle, const pg_uuid_t& first,
                     const pg_uuid_t& last) {
    static Statement statement = {
        CURFEW_LISTED_COLUMNS " WHERE s.tenant_id = $1 AND s.lifecycle = $3 AND s.id >= $4 AND s.id <= $5",
        {UUIDOID, UUIDOID, TEXTOID, UUIDOID, UUIDOID}};
    Parameters parameters;
    parameters.Add(identity.tenant);
    parameters.Add(identity.principal);
    parameters.Add(text_datum(lifecycle));
    parameters.Add(first);
    parameters.Add(last);
    return open_cursor(statement, parameters);
}

} // namespace curfew
