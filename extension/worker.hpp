// Background workers: a launcher, and for each database that curfew.databases names one worker that writes refusals and
// one that sweeps.
#pragma once

#include "pg.hpp"

namespace curfew {

// A kind of worker of a database.
struct WorkerKind {
    const char* type;     // in pg_stat_activity; its application_name has the database's name too
    const char* function; // where it begins, exported; its argument is the database's oid
};

inline constexpr WorkerKind kRefusalWorker = {"curfew refusals", "curfew_refusal_worker_main"};
inline constexpr WorkerKind kSweeper = {"curfew sweeper", "curfew_sweep_worker_main"};

// Has the launcher started with the server; once, from _PG_init while preloading.
void register_launcher();

// Asks for a worker of a database; false when the server has no room for another (max_worker_processes).
bool start_worker(const WorkerKind& kind, Oid database, const char* name);

// --- for a worker ---

inline constexpr long kLongestSleep = 2000; // ms: DROP DATABASE waits 5 s for others to go

// Signals, settings and the database's connection. The first SIGTERM asks for the end (ShutdownRequestPending), the
// second does not wait for it. Settings of the database or of roles do not keep a worker from writing, and no standby
// makes it wait.
void begin_worker(Oid database);

// The worker's database by the name that it has now.
NameData database_of_worker();

// Whether somebody is about to drop, rename, move or copy the database, which needs everybody else out of it.
bool is_database_wanted(Oid database);

// Until the latch is set, the time is over or the server is gone.
void sleep_for(long milliseconds);

// Reads the configuration again where that was asked for.
void heed_reload();

} // namespace curfew
