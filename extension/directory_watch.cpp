#include "directory_watch.hpp"

#include "server_settings.hpp"

extern "C" {
#include "catalog/pg_trigger.h"
#include "utils/inval.h"
#include "utils/rel.h"
}

namespace curfew {
namespace {

// The relation that stands for all of them in messages; it has no columns and no rows, so that no plan depends on it.
constexpr const char* kSign = "directory_change";
constexpr const char* kTeller = "tell_directory_change";
constexpr int16 kEvents = TRIGGER_TYPE_INSERT | TRIGGER_TYPE_UPDATE | TRIGGER_TYPE_DELETE | TRIGGER_TYPE_TRUNCATE;
constexpr const char* kWatched[] = {"tenant", "principal", "api_key", "role_mapping", "issuer", "lifecycle", "signing_key"};

uint64 generation = 1;
bool has_inserted = false; // in this transaction

// Looked up anew in each generation: what happens to a table, to its triggers too, begins one.
struct Watch {
    uint64 generation = 0;
    bool complete = false;
    Oid tables[lengthof(kWatched)] = {};
    Oid sign = InvalidOid;
};
Watch watch;

void on_relation(Datum, Oid relation) {
    bool concerns = !OidIsValid(relation) || !OidIsValid(watch.sign) || relation == watch.sign;
    for (Oid table : watch.tables)
        concerns = concerns || relation == table;
    generation += concerns;
}

// A role that was renamed or dropped is no longer who its mapping says.
void on_role(Datum, int, uint32) { ++generation; }

void on_transaction_end(XactEvent event, void*) {
    if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT || event == XACT_EVENT_PREPARE)
        has_inserted = false;
}

// Whether the table has the triggers, and they fire whoever writes.
bool tells(Oid table) {
    Relation relation = table_open(table, AccessShareLock);
    int16 events = 0;
    for (int i = 0; relation->trigdesc != nullptr && i < relation->trigdesc->numtriggers; ++i) {
        const Trigger& trigger = relation->trigdesc->triggers[i];
        const char* function = get_func_name(trigger.tgfoid);
        if (trigger.tgenabled == TRIGGER_FIRES_ALWAYS && function != nullptr && strcmp(function, kTeller) == 0)
            events |= trigger.tgtype;
    }
    table_close(relation, NoLock);
    return (events & kEvents) == kEvents;
}

void look_up() {
    watch.generation = generation;
    Oid schema = get_namespace_oid("curfew", false);
    watch.sign = get_relname_relid(kSign, schema);
    watch.complete = OidIsValid(watch.sign);
    for (std::size_t i = 0; i < lengthof(kWatched); ++i) {
        watch.tables[i] = get_relname_relid(kWatched[i], schema);
        watch.complete = watch.complete && OidIsValid(watch.tables[i]) && tells(watch.tables[i]);
    }
}

} // namespace

uint64 directory_generation() {
    AcceptInvalidationMessages();
    return generation;
}

uint64 DirectoryGeneration() { return generation; }

bool may_keep_directory() {
    if (has_inserted || IsDistributed())
        return false;
    if (watch.generation != generation)
        look_up();
    return watch.complete && watch.generation == generation;
}

void tell_directory_change() {
    Oid sign = get_relname_relid(kSign, get_namespace_oid("curfew", false));
    if (OidIsValid(sign))
        CacheInvalidateRelcacheByRelid(sign);
}

void NoteDirectoryInsert() { has_inserted = true; }

void register_directory_callbacks() {
    RegisterXactCallback(on_transaction_end, nullptr);
    CacheRegisterRelcacheCallback(on_relation, 0);
    CacheRegisterSyscacheCallback(AUTHOID, on_role, 0);
}

} // namespace curfew
