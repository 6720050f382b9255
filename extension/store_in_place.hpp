// A change that is decided by the very statement that writes it, as it looks at the row: one statement where a load and
// a write are two. What has to be read besides, or refused, is not for it.
#pragma once

#include "store_write.hpp"

namespace curfew {

// Leads a statement's function to the change that it writes. It is known to this backend alone.
struct Ticket {
    char header[VARHDRSZ]; // with what follows it is a bytea
    uint8 proof[12];
    struct InPlace* change;
};
static_assert(sizeof(Ticket) == 24, "a bytea has no gaps");

struct InPlace {
    pg_uuid_t tenant;
    pg_uuid_t session;
    // Decides on the row as it is; again on the newer one where somebody else was writing it. The change is one of the
    // session's state, and what it refers to lives in the current memory. False: nothing is to be written.
    bool (*decide)(void* context, const SessionRow& row, Change* change);
    void* context;

    // Filled by write_in_place().
    Ticket ticket = {};
    MemoryContext memory = nullptr;
    bool decided = false;
    Value values[kChangeValues] = {};
    SessionRow row = {}; // as it was written
};

// Updates the session's row and inserts the audit row, where it decides so; false when nothing was written. Only where
// every statement sees the latest rows: in READ COMMITTED.
bool write_in_place(InPlace* change);

// Called by that statement, with the change's ticket, the row's tenant and the row. Whether the row is to be updated. An
// error for whatever else is called with.
bool decide_in_place(Datum ticket, const pg_uuid_t& tenant, const SessionRow& row);

} // namespace curfew
