#include "server_settings.hpp"

extern "C" {
#include "utils/varlena.h"
}

namespace curfew {
namespace {

char* databases = nullptr;
int refusal_slots = 1024;
int refusal_window = 60; // seconds
int maintenance_lock_timeout = 50; // milliseconds

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
    DefineCustomStringVariable("curfew.databases", "The databases whose refusals go into their audit logs.",
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

int64 RefusalWindow() { return refusal_window * USECS_PER_SEC; }

} // namespace curfew
