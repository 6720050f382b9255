#include "server_settings.hpp"

#include "consistency.hpp"

extern "C" {
#include "utils/varlena.h"
}

namespace curfew {
namespace {

char* databases = nullptr;
int refusal_slots = 1024;
int refusal_window = 60;           // seconds
int maintenance_lock_timeout = 50; // milliseconds
int sweep_interval = 1000;         // milliseconds
int sweep_rate = 5000;             // sessions a second
int use_granularity = 60;          // seconds
int idempotency_retention = SECS_PER_DAY;
bool distributed = false;

// What `databases` says, read anew after each change.
NameData listed[kMostDatabases];
int listed_count = 0;
bool listed_is_read = false;

bool check_databases(char** value, void**, GucSource) {
    List* names = NIL;
    if (!SplitGUCList(pstrdup(*value), ',', &names)) {
        GUC_check_errdetail("It is a list of database names, separated by commas.");
        return false;
    }
    if (list_length(names) > kMostDatabases) {
        GUC_check_errdetail("It names %d databases; it can name %d.", list_length(names), kMostDatabases);
        return false;
    }
    list_free(names);
    return true;
}

void assign_databases(const char*, void*) { listed_is_read = false; }

void read_databases() {
    if (listed_is_read)
        return;
    List* names = NIL;
    listed_count = 0;
    SplitGUCList(pstrdup(databases), ',', &names);
    ListCell* cell;
    foreach (cell, names)
        namestrcpy(&listed[listed_count++], static_cast<const char*>(lfirst(cell)));
    list_free(names);
    listed_is_read = true;
}

} // namespace

void define_settings() {
    bool preloading = process_shared_preload_libraries_in_progress;
    DefineCustomStringVariable("curfew.databases", "The databases with background workers, which keep refusals and sweep.",
                               "A list of names. It has an effect with shared_preload_libraries = 'curfew'.", &databases,
                               "", PGC_SIGHUP, GUC_LIST_INPUT, check_databases, assign_databases, nullptr);
    // Shared memory is sized when the server starts; in a session that loads the library itself the setting is only shown.
    DefineCustomIntVariable("curfew.refusal_slots", "How many different refusals can wait to be written down.", nullptr,
                            &refusal_slots, 1024, 16, 16384, preloading ? PGC_POSTMASTER : PGC_SIGHUP, 0, nullptr,
                            nullptr, nullptr);
    DefineCustomIntVariable("curfew.refusal_window",
                            "How long repeats of a refusal that was written down are only counted.",
                            "At its end one row tells how many there were. 0: every refusal is a row.", &refusal_window,
                            60, 0, 86400, PGC_SIGHUP, GUC_UNIT_S, nullptr, nullptr, nullptr);
    DefineCustomIntVariable("curfew.maintenance_lock_timeout",
                            "How long a request waits for the audit log's and the sessions' upkeep, at most.", nullptr,
                            &maintenance_lock_timeout, 50, 2, 10000, PGC_SUSET, GUC_UNIT_MS, nullptr, nullptr, nullptr);
    DefineCustomIntVariable("curfew.sweep_interval", "How long the sweeper rests before it looks for expired sessions again.",
                            "0: no background worker sweeps.", &sweep_interval, 1000, 0, 3600000, PGC_SIGHUP,
                            GUC_UNIT_MS, nullptr, nullptr, nullptr);
    DefineCustomIntVariable("curfew.sweep_rate", "How many expired sessions the sweeper writes down per second, at most.",
                            "0: as many as it can. They are over in every read before they are written down.", &sweep_rate,
                            5000, 0, 1000000, PGC_SIGHUP, 0, nullptr, nullptr, nullptr);
    DefineCustomIntVariable("curfew.idempotency_retention", "How long the first answer to an idempotency key is kept.",
                            "After it the key may be used anew.", &idempotency_retention, SECS_PER_DAY, SECS_PER_DAY,
                            365 * SECS_PER_DAY, PGC_SIGHUP, GUC_UNIT_S, nullptr, nullptr, nullptr);
    // What it promises holds for everybody: no caller's own choice.
    DefineCustomIntVariable("curfew.use_granularity", "By how much a session's last use may be behind.",
                            "A use is written down where the last one written is at least that old, or a tenth of the "
                            "session's idle time where that is less.",
                            &use_granularity, 60, 0, 86400, PGC_SUSET, GUC_UNIT_S, nullptr, nullptr, nullptr);
    DefineCustomBoolVariable("curfew.distributed", "Whether the tables are distributed over several servers, as by Citus.",
                             "Then nothing of the directory is kept in a backend, and every change is read and written in "
                             "statements of their own.",
                             &distributed, false, PGC_SUSET, 0, nullptr, nullptr, nullptr);
    // In a transaction "report"; what is shown, and reported when the transaction has ended, is the token.
    static char* consistency_token;
    DefineCustomStringVariable(kTokenSetting, "Reports the position of what this connection has committed.",
                               nullptr, &consistency_token, "", PGC_USERSET,
                               GUC_REPORT | GUC_NOT_IN_SAMPLE | GUC_DISALLOW_IN_FILE, check_token_setting,
                               assign_token_setting, show_token_setting);
    reserve_setting_prefix("curfew");
}

bool database_is_listed(const char* name) {
    read_databases();
    for (int i = 0; i < listed_count; ++i)
        if (strcmp(NameStr(listed[i]), name) == 0)
            return true;
    return false;
}

bool any_database_is_listed() {
    read_databases();
    return listed_count > 0;
}

int RefusalSlots() { return refusal_slots; }

int MaintenanceLockTimeout() { return maintenance_lock_timeout; }

int64 UseGranularity() { return use_granularity * USECS_PER_SEC; }

int64 RefusalWindow() { return refusal_window * USECS_PER_SEC; }

int64 SweepInterval() { return sweep_interval * INT64CONST(1000); }

int SweepRate() { return sweep_rate; }

bool IsDistributed() { return distributed; }

int64 IdempotencyRetention() { return idempotency_retention * USECS_PER_SEC; }

} // namespace curfew
