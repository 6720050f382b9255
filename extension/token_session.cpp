#include "token_session.hpp"

#include "lifecycle_cache.hpp"
#include "store_read.hpp"
#include "store_standing.hpp"

namespace curfew {
namespace {

bool is_active(const pg_uuid_t& tenant, const Value& principal, core::Instant now) {
    Standing standing;
    return standing_of(tenant, *DatumGetUUIDP(principal.datum), now, &standing) &&
           standing.refusal == core::Refusal::none;
}

} // namespace

bool find_token_session(const pg_uuid_t& tenant, std::string_view token, core::Instant now, TokenSession* found) {
    if (!read_token_session(tenant, token, &found->row))
        return false;
    found->lifecycle = &current_lifecycle(text_view(found->row.column[kSessionLifecycle].datum));
    found->facts = session_facts(found->row, *found->lifecycle);
    found->state = &found->lifecycle->states[core::PresentOf(*found->lifecycle, found->facts, now).state];
    const Value& agent = found->row.column[kSessionAgent];
    found->active = found->state->live && is_active(tenant, found->row.column[kSessionOwner], now) &&
                    (agent.null || is_active(tenant, agent, now));
    return true;
}

} // namespace curfew
