#include "store_procedure.hpp"

#include "server_settings.hpp"

namespace curfew {
namespace {

void set_for_step(const char* name, const char* value) {
    set_config_option(name, value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_LOCAL, true, 0, false);
}

} // namespace

Store open_procedure(FunctionCallInfo fcinfo) {
    Node* context = fcinfo->context;
    if (context == nullptr || !IsA(context, CallContext) || castNode(CallContext, context)->atomic)
        ereport(ERROR, (errcode(ERRCODE_INVALID_TRANSACTION_TERMINATION),
                        errmsg("%s commits as it goes, so it is not called within a transaction",
                               get_func_name(fcinfo->flinfo->fn_oid)),
                        errhint("CALL it on its own.")));
    return open_store(fcinfo, SPI_OPT_NONATOMIC);
}

void begin_patient_step() {
    set_for_step("search_path", "pg_catalog, pg_temp");
    set_for_step("jit", "off");
    set_for_step("transaction_isolation", "read committed");
}

void begin_step() {
    begin_patient_step();
    set_for_step("synchronous_commit", "off");
    set_for_step("lock_timeout", psprintf("%d", MaintenanceLockTimeout()));
}

void undo_step() {
    SPI_rollback();
    SPI_start_transaction();
}

void end_step() {
    SPI_commit();
    SPI_start_transaction();
}

} // namespace curfew
