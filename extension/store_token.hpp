// Statements about refresh tokens.
#pragma once

#include "store_write.hpp"

namespace curfew {

// A refresh token as it was found, its row locked until the transaction ends.
struct FoundToken {
    Identity identity;           // as whom its session acts: tenant, principal, session
    Value used_at = {0, true};   // timestamptz
    Value salt = {0, true};      // bytea
    SessionRow session;
    TransactionId written_by = InvalidTransactionId; // who wrote the session's row
    LifecycleVersion version;
    core::Refusal refusal = core::Refusal::none; // why its people may not act
};
bool lock_refresh_token(std::string_view token, FoundToken* found);

// When a refresh token of the session was last used; null: never.
Value read_refreshed_at(const pg_uuid_t& tenant, const pg_uuid_t& session);

// Whether the refresh token of that digest was never used.
bool is_unused(const pg_uuid_t& tenant, Datum digest);

// Marks the presented token as used with its salt, takes the session's access tokens away, stores the digests of the
// next two, erases salts that are older than the grace, and writes the audit row; one statement.
struct Rotation {
    Datum presented_digest, access_digest, refresh_digest, salt; // bytea
    core::Instant now, salts_before;
};
void write_rotation(const FoundToken& found, const Rotation& rotation, const AuditNote& note);

} // namespace curfew
