// Which transactions are open in this database, and since when.
#pragma once

#include "pg.hpp"

namespace curfew {

struct OpenTransactions {
    TimestampTz oldest; // when the oldest began, this process's left out; now: there is none
    int pid = 0;        // whose it is; 0: none is open
    bool untracked = false; // `pid` does not tell (track_activities is off): nothing is known of its transaction
};

// Taken anew at each call. A transaction that is not seen here takes its times, those of its deadlines too, after this
// call began. Prepared ones are not among them: who asks for them must do so after this.
OpenTransactions read_open_transactions();

// A process of that type (bgw_type) in this database; 0: none.
int worker_of_type(Oid database, const char* type);

} // namespace curfew
