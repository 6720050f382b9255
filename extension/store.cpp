#include "store.hpp"

namespace curfew {
namespace {

Oid owner = InvalidOid;

// A kept plan is planned anew by itself when what it depends on has changed.
void prepare(Statement& statement) {
    if (statement.plan != nullptr)
        return;
    int count = 0;
    while (count < kMaxParameters && OidIsValid(statement.types[count]))
        ++count;
    SPIPlanPtr plan = SPI_prepare(statement.sql, count, statement.types);
    if (plan == nullptr)
        elog(ERROR, "curfew could not prepare a statement: %s", SPI_result_code_string(SPI_result));
    if (SPI_keepplan(plan) != 0)
        elog(ERROR, "curfew could not keep a plan");
    statement.plan = plan;
}

constexpr const char* kSearchPath = "pg_catalog, pg_temp";

struct Caller {
    Oid user;
    int security_context;
    int settings_level; // 0: the search path is the caller's own
};

// Statements run as the owner, and find no name that somebody else has put in the way: a trigger of somebody's own that
// they fire does not either.
Caller become_owner() {
    Caller caller = {InvalidOid, 0, 0};
    if (strcmp(namespace_search_path, kSearchPath) != 0) {
        caller.settings_level = NewGUCNestLevel();
        set_config_option("search_path", kSearchPath, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
    }
    GetUserIdAndSecContext(&caller.user, &caller.security_context);
    SetUserIdAndSecContext(owner, caller.security_context | SECURITY_LOCAL_USERID_CHANGE);
    return caller;
}

void become_caller(const Caller& caller) {
    SetUserIdAndSecContext(caller.user, caller.security_context);
    if (caller.settings_level > 0)
        AtEOXact_GUC(true, caller.settings_level);
}

void connect(int options) {
    if (SPI_connect_ext(options) != SPI_OK_CONNECT)
        elog(ERROR, "curfew could not connect to SPI");
}

} // namespace

Store open_store(FunctionCallInfo fcinfo, int options) {
    if (GetDatabaseEncoding() != PG_UTF8)
        ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("curfew needs a database whose encoding is UTF8"),
                        errdetail("The encoding of this one is %s.", GetDatabaseEncodingName())));
    Store store = {owner};
    HeapTuple function = SearchSysCache1(PROCOID, ObjectIdGetDatum(fcinfo->flinfo->fn_oid));
    if (!HeapTupleIsValid(function))
        elog(ERROR, "cache lookup failed for function %u", fcinfo->flinfo->fn_oid);
    owner = reinterpret_cast<Form_pg_proc>(GETSTRUCT(function))->proowner;
    ReleaseSysCache(function);
    connect(options);
    return store;
}

Oid store_owner() { return owner; }

Store open_store_as(Oid new_owner) {
    Store store = {owner};
    owner = new_owner;
    connect(0);
    return store;
}

void close_store(const Store& store) {
    SPI_finish();
    owner = store.outer_owner;
}

uint64 run(Statement& statement, const Parameters& parameters) {
    Caller caller = become_owner();
    prepare(statement);
    int result = SPI_execute_plan(statement.plan, const_cast<Datum*>(parameters.values), parameters.nulls, false, 0);
    become_caller(caller);
    if (result < 0)
        elog(ERROR, "curfew could not run a statement: %s", SPI_result_code_string(result));
    return SPI_processed;
}

uint64 run_by_index(Statement& statement, const Parameters& parameters) {
    int settings = NewGUCNestLevel();
    set_config_option("enable_seqscan", "off", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
    set_config_option("plan_cache_mode", "force_custom_plan", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
    uint64 rows = run(statement, parameters);
    AtEOXact_GUC(true, settings);
    return rows;
}

uint64 run_latest(Statement& statement, const Parameters& parameters) {
    Caller caller = become_owner();
    prepare(statement);
    Snapshot latest = RegisterSnapshot(GetLatestSnapshot());
    int result = SPI_execute_snapshot(statement.plan, const_cast<Datum*>(parameters.values), parameters.nulls, latest,
                                      InvalidSnapshot, true, false, 0);
    UnregisterSnapshot(latest);
    become_caller(caller);
    if (result < 0)
        elog(ERROR, "curfew could not run a statement: %s", SPI_result_code_string(result));
    return SPI_processed;
}

uint64 run_with(Snapshots snapshots, Statement& statement, const Parameters& parameters) {
    return snapshots == Snapshots::latest ? run_latest(statement, parameters) : run(statement, parameters);
}

uint64 run_fetching(Statement& statement, int count, ParamFetchHook fetch, void* argument) {
    ParamListInfo parameters = static_cast<ParamListInfo>(palloc0(offsetof(ParamListInfoData, params)));
    parameters->paramFetch = fetch;
    parameters->paramFetchArg = argument;
    parameters->numParams = count;
    Caller caller = become_owner();
    prepare(statement);
    int result = SPI_execute_plan_with_paramlist(statement.plan, parameters, false, 0);
    become_caller(caller);
    if (result < 0)
        elog(ERROR, "curfew could not run a statement: %s", SPI_result_code_string(result));
    return SPI_processed;
}

Portal open_cursor(Statement& statement, const Parameters& parameters) {
    Caller caller = become_owner();
    prepare(statement);
    Portal cursor = SPI_cursor_open(nullptr, statement.plan, const_cast<Datum*>(parameters.values), parameters.nulls,
                                    false);
    become_caller(caller);
    if (cursor == nullptr)
        elog(ERROR, "curfew could not open a cursor: %s", SPI_result_code_string(SPI_result));
    return cursor;
}

uint64 fetch(Portal cursor, long count) {
    Caller caller = become_owner();
    SPI_cursor_fetch(cursor, true, count);
    become_caller(caller);
    return SPI_processed;
}

uint64 run_once(const char* sql, Oid type, Datum value) {
    Caller caller = become_owner();
    int result = SPI_execute_with_args(sql, 1, &type, &value, nullptr, false, 0);
    become_caller(caller);
    if (result < 0)
        elog(ERROR, "curfew could not run a statement: %s", SPI_result_code_string(result));
    return SPI_processed;
}

void run_utility(const char* sql) {
    Caller caller = become_owner();
    int result = SPI_execute(sql, false, 0);
    become_caller(caller);
    if (result < 0)
        elog(ERROR, "curfew could not run a statement: %s", SPI_result_code_string(result));
}

void add(Parameters* parameters, const Value& value) { parameters->AddIf(!value.null, value.datum); }

Value result_value(uint64 row, int column) {
    Value value;
    value.datum = SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column + 1, &value.null);
    return value;
}

std::string_view text_view(Datum datum) {
    text* value = DatumGetTextPP(datum);
    return {VARDATA_ANY(value), static_cast<std::size_t>(VARSIZE_ANY_EXHDR(value))};
}

Datum text_datum(std::string_view text) {
    return PointerGetDatum(cstring_to_text_with_len(text.data(), static_cast<int>(text.size())));
}

Datum bytea_datum(const uint8* bytes, int count) {
    bytea* value = static_cast<bytea*>(palloc(VARHDRSZ + count));
    SET_VARSIZE(value, VARHDRSZ + count);
    memcpy(VARDATA(value), bytes, count);
    return PointerGetDatum(value);
}

Value uuid_value(const pg_uuid_t& id) {
    pg_uuid_t* copy = static_cast<pg_uuid_t*>(palloc(sizeof(pg_uuid_t)));
    *copy = id;
    return {UUIDPGetDatum(copy), false};
}

Datum for_caller(Datum varlena) { return SPI_datumTransfer(varlena, false, -1); }

Datum uuid_for_caller(const pg_uuid_t& id) {
    pg_uuid_t* copy = static_cast<pg_uuid_t*>(SPI_palloc(sizeof(pg_uuid_t)));
    *copy = id;
    return UUIDPGetDatum(copy);
}

std::span<const std::string_view> text_views(Value array) {
    if (array.null)
        return {};
    Datum* elements;
    bool* nulls;
    int count;
    deconstruct_array(DatumGetArrayTypeP(array.datum), TEXTOID, -1, false, TYPALIGN_INT, &elements, &nulls, &count);
    std::string_view* views = static_cast<std::string_view*>(palloc(sizeof(std::string_view) * (count + 1)));
    for (int i = 0; i < count; ++i)
        views[i] = nulls[i] ? std::string_view{} : text_view(elements[i]);
    return {views, static_cast<std::size_t>(count)};
}

Value text_array(std::span<const std::string_view> texts) {
    Datum* elements = static_cast<Datum*>(palloc(sizeof(Datum) * (texts.size() + 1)));
    for (std::size_t i = 0; i < texts.size(); ++i)
        elements[i] = text_datum(texts[i]);
    return {PointerGetDatum(construct_array(elements, static_cast<int>(texts.size()), TEXTOID, -1, false, TYPALIGN_INT)),
            false};
}

std::span<const pg_uuid_t> uuids(Value array) {
    if (array.null)
        return {};
    Datum* elements;
    int count;
    deconstruct_array(DatumGetArrayTypeP(array.datum), UUIDOID, UUID_LEN, false, TYPALIGN_CHAR, &elements, nullptr,
                      &count);
    pg_uuid_t* ids = static_cast<pg_uuid_t*>(palloc(sizeof(pg_uuid_t) * (count + 1)));
    for (int i = 0; i < count; ++i)
        ids[i] = *DatumGetUUIDP(elements[i]);
    return {ids, static_cast<std::size_t>(count)};
}

Datum uuid_array(std::span<const pg_uuid_t> ids) {
    Datum* elements = static_cast<Datum*>(palloc(sizeof(Datum) * (ids.size() + 1)));
    for (std::size_t i = 0; i < ids.size(); ++i)
        elements[i] = UUIDPGetDatum(const_cast<pg_uuid_t*>(&ids[i]));
    return PointerGetDatum(
        construct_array(elements, static_cast<int>(ids.size()), UUIDOID, UUID_LEN, false, TYPALIGN_CHAR));
}

} // namespace curfew
