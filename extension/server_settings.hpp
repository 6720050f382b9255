// The server's settings, curfew.*, each defined once.
#pragma once

#include "pg.hpp"

namespace curfew {

// As many databases as curfew.databases can name.
inline constexpr int kMostDatabases = 64;

// Defines the settings; once, from _PG_init.
void define_settings();

// curfew.databases: whether the database of that name has workers: refusals go into its audit log, and it is swept.
bool database_is_listed(const char* name);

// Whether curfew.databases names any database.
bool any_database_is_listed();

// curfew.refusal_slots: how many different refusals shared memory has room for.
int RefusalSlots();

// curfew.refusal_window, in microseconds: how long repeats of a refusal that was written down are only counted.
int64 RefusalWindow();

// curfew.maintenance_lock_timeout, in milliseconds: how long upkeep may make a request wait.
int MaintenanceLockTimeout();

// curfew.sweep_interval, in microseconds: how long the sweeper rests; 0: there is none.
int64 SweepInterval();

// curfew.sweep_rate, in sessions a second: how many the background worker writes down at most; 0: as many as it can.
int SweepRate();

// curfew.idempotency_retention, in microseconds: how long the first answer to an idempotency key is kept.
int64 IdempotencyRetention();

// curfew.use_granularity, in microseconds: by how much the last use that is written down may be behind.
int64 UseGranularity();

// curfew.distributed: whether the tables are distributed over several servers.
bool IsDistributed();

} // namespace curfew
