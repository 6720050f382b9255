// What people read of a session, written together with its version and its audit row; and its messages.
#pragma once

#include "engine.hpp"
#include "store_write.hpp"

namespace curfew {

// Changes what the edit names, under the same conditions as write_change(): false where somebody was faster.
bool write_edit(const pg_uuid_t& tenant, const Change& change, const Edit& edit, SessionRow* row);

// The messages of a session as the columns of curfew.session_message_entry, oldest first.
//   after  the id of the last one seen, or null
inline constexpr int kMessageColumns = 7;
uint64 read_messages(const pg_uuid_t& tenant, const pg_uuid_t& session, const Value& after, int rows);
bool is_message(const pg_uuid_t& tenant, const pg_uuid_t& session, const Value& message);

} // namespace curfew
