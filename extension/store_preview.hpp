// Queries about previews of what is to be done to many sessions.
#pragma once

#include "store_session.hpp"

namespace curfew {

struct Preview {
    Value filter, action, reason; // jsonb, text, text
    std::span<const pg_uuid_t> ids; // of the sessions that matched, in their order
};

// Keeps a preview for an hour, under the digest of its token, and removes those of the tenant that have run out.
void write_preview(const Identity& identity, Datum digest, const Preview& preview, core::Instant now);

// Takes the preview that the caller had made, which is then used up; false when there is none that is still good.
bool take_preview(const Identity& identity, Datum digest, core::Instant now, Preview* preview);

// Takes away up to `most` previews that had expired by `now`. What somebody has locked is left for the next time.
void delete_expired_previews(TimestampTz now, int most);

} // namespace curfew
