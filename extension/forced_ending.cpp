#include "forced_ending.hpp"

#include "engine.hpp"
#include "lifecycle_cache.hpp"
#include "store_batch.hpp"
#include "store_bulk.hpp"

namespace curfew {

bool forced_ending(const SessionRow& row, TransactionId written_by, const core::Lifecycle& lifecycle,
                   core::Instant now, const AuditNote& note, Change* change) {
    core::SessionFacts facts = session_facts(row, lifecycle);
    int present = core::PresentOf(lifecycle, facts, now).state;
    int index = core::ForcedAction(lifecycle, present);
    if (index == core::kNone)
        return false;
    const core::Action& action = lifecycle.actions[index];
    change->session = *DatumGetUUIDP(row.column[kSessionId].datum);
    change->version = facts.version;
    change->written_by = written_by;
    change->lifecycle = &lifecycle;
    change->after = core::Take(lifecycle, index, facts, Max(now, facts.updated_at));
    change->note = note;
    change->note.event = action.event.View();
    change->note.action = action.name.View();
    change->note.from_state = lifecycle.states[present].name.View();
    change->note.to_state = lifecycle.states[action.target].name.View();
    return true;
}

namespace {

// Adds the endings of the last result's sessions to the batch.
void add_endings(Batch* batch, uint64 count, const AuditNote& note, core::Instant now) {
    SPITupleTable* result = SPI_tuptable;
    for (uint64 i = 0; i < count; ++i) {
        SPI_tuptable = result; // compiling a lifecycle may have run a statement of its own
        StoredSession stored = stored_session(i);
        std::string_view name = text_view(stored.row.column[kSessionLifecycle].datum);
        Change change;
        if (forced_ending(stored.row, stored.written_by, compiled_lifecycle(name, stored.version), now, note, &change))
            add_change(batch, change);
    }
    SPI_freetuptable(result);
}

} // namespace

int64 end_sessions_of(const pg_uuid_t& tenant, const pg_uuid_t& principal, bool cascade, const AuditNote& note,
                      core::Instant now) {
    int64 ended = 0;
    Batch batch = begin_batch(tenant);
    MemoryContext memory = AllocSetContextCreate(CurrentMemoryContext, "curfew endings", ALLOCSET_DEFAULT_SIZES);
    Portal cursor = open_sessions_of(tenant, principal, cascade);
    while (uint64 count = fetch(cursor, kBatchRoom)) {
        MemoryContext outer = MemoryContextSwitchTo(memory);
        core::Instant at = now;
        for (int attempt = 1; count > 0; ++attempt) {
            if (attempt > kAttempts)
                raise_changed_meanwhile();
            clear_batch(&batch);
            add_endings(&batch, count, note, at);
            ended += write_batch(&batch, Locked::wait);
            // Those that changed meanwhile are decided anew; their rows are locked by now.
            std::span<const pg_uuid_t> again = unwritten(batch);
            count = again.empty() ? 0 : read_sessions(tenant, again);
            at = GetCurrentTimestamp();
        }
        MemoryContextSwitchTo(outer);
        MemoryContextReset(memory);
        CHECK_FOR_INTERRUPTS();
    }
    SPI_cursor_close(cursor);
    MemoryContextDelete(memory);
    end_batch(&batch);
    return ended;
}

} // namespace curfew
