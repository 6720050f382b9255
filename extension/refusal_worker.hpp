// The processes that write refusals into the audit logs: a launcher, and a worker for each database that
// curfew.databases names.
#pragma once

#include "pg.hpp"

namespace curfew {

// Has the launcher started with the server; once, from _PG_init while preloading.
void register_refusal_launcher();

// Asks for a worker of a database; false when the server has no room for another (max_worker_processes).
bool start_refusal_worker(Oid database, const char* name);

// Whether this process is a worker.
bool IsRefusalWorker();

// Whether somebody is about to drop, rename, move or copy the database, which needs everybody else out of it.
bool is_database_wanted(Oid database);

} // namespace curfew
