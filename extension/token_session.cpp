#include "token_session.hpp"

#include "lifecycle_cache.hpp"
#include "store_read.hpp"

namespace curfew {

bool find_token_session(const pg_uuid_t& tenant, std::string_view token, core::Instant now, TokenSession* found) {
    if (!read_token_session(tenant, token))
        return false;
    found->row = session_row(0, 0);
    LifecycleVersion version = {DatumGetInt32(result_value(0, kSessionColumns).datum),
                                DatumGetTransactionId(result_value(0, kSessionColumns + 1).datum)};
    Value agent_status = result_value(0, kTokenAgentStatus);
    bool people_active = text_view(result_value(0, kTokenOwnerStatus).datum) == "active" &&
                         (agent_status.null || text_view(agent_status.datum) == "active");
    found->lifecycle = &compiled_lifecycle(text_view(found->row.column[kSessionLifecycle].datum), version);
    found->facts = session_facts(found->row, *found->lifecycle);
    found->state = &found->lifecycle->states[core::PresentOf(*found->lifecycle, found->facts, now).state];
    found->active = people_active && found->state->live;
    return true;
}

} // namespace curfew
