#include "store_lifecycle.hpp"

namespace curfew {

StoredLifecycle read_lifecycle(std::string_view name) {
    static Statement statement = {"SELECT revision, xmin, builtin, definition FROM curfew.lifecycle WHERE name = $1",
                                  {TEXTOID}};
    Parameters parameters;
    parameters.Add(text_datum(name));
    StoredLifecycle stored;
    if (run_latest(statement, parameters) == 0)
        return stored;
    stored.found = true;
    stored.version = {DatumGetInt32(result_value(0, 0).datum), DatumGetTransactionId(result_value(0, 1).datum)};
    stored.builtin = DatumGetBool(result_value(0, 2).datum);
    stored.definition = result_value(0, 3).datum;
    return stored;
}

void lock_lifecycles() { run_utility("LOCK TABLE curfew.lifecycle IN SHARE ROW EXCLUSIVE MODE"); }

void write_lifecycle(std::string_view name, int32 revision, Datum definition, bool builtin) {
    static Statement statement = {
        "INSERT INTO curfew.lifecycle (name, revision, definition, builtin) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (name) DO UPDATE SET revision = $2, definition = $3",
        {TEXTOID, INT4OID, JSONBOID, BOOLOID}};
    Parameters parameters;
    parameters.Add(text_datum(name));
    parameters.Add(Int32GetDatum(revision));
    parameters.Add(definition);
    parameters.Add(BoolGetDatum(builtin));
    run(statement, parameters);
}

uint64 read_lifecycles() {
    static Statement statement = {"SELECT name, revision, xmin FROM curfew.lifecycle ORDER BY name", {}};
    return run(statement, Parameters{});
}

} // namespace curfew
