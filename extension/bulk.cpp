#include "bulk.hpp"

#include "errors.hpp"
#include "lifecycle_cache.hpp"
#include "listing.hpp"
#include "store_batch.hpp"

#include <new>

namespace curfew {
namespace {

bool is_named(const Choice& choice, std::string_view name) {
    if (choice.one.null && choice.many.null)
        return true;
    if (!choice.one.null)
        return text_view(choice.one.datum) == name;
    for (std::string_view one : text_views(choice.many))
        if (one == name)
            return true;
    return false;
}

// Refuses an action that no lifecycle has which the filter lets through, and one that edits: what is to be changed is not
// said here.
void check_action(const SessionFilter& filter, std::string_view action) {
    bool known = false;
    bool edits = false;
    uint64 count = read_lifecycles();
    SPITupleTable* result = SPI_tuptable;
    for (uint64 i = 0; i < count && !known; ++i) {
        SPI_tuptable = result; // compiling a lifecycle may have run a statement of its own
        std::string_view name = text_view(result_value(i, 0).datum);
        LifecycleVersion version = {DatumGetInt32(result_value(i, 1).datum),
                                    DatumGetTransactionId(result_value(i, 2).datum)};
        if (!is_named(filter.lifecycle, name))
            continue;
        const core::Lifecycle& lifecycle = compiled_lifecycle(name, version);
        int index = core::FindAction(lifecycle, action);
        bool edit = index != core::kNone && lifecycle.actions[index].effect == core::Effect::edit;
        edits = edits || edit;
        known = index != core::kNone && !edit;
    }
    if (!known && edits)
        raise_refusal(core::Refusal::unknown_value, "action",
                      psprintf("The action \"%s\" needs what it changes, of each session.", excerpt(action)));
    if (!known)
        raise_refusal(core::Refusal::unknown_action, "action",
                      psprintf("No lifecycle that the filter lets through has an action \"%s\".", excerpt(action)));
}

// The action to try: the one that was asked for, or the forced one of what the session is. Where nothing forced leads
// from there, any that its lifecycle has, so that who may not take it learns that first.
int action_of(const BulkRequest& request, const core::Lifecycle& lifecycle, const core::Present& present) {
    if (!request.action.empty())
        return core::FindAction(lifecycle, request.action);
    int index = core::ForcedAction(lifecycle, present.state);
    for (int i = 0; index == core::kNone && i < lifecycle.action_count; ++i)
        if (lifecycle.forced >> i & 1)
            index = i;
    return index;
}

Outcome RefusedOutcome(core::Refusal refusal, bool done) {
    int status = core::TextOf(refusal).status;
    if (status == 403 || status == 404)
        return Outcome::forbidden;
    return refusal == core::Refusal::invalid_state && done ? Outcome::already : Outcome::invalid_state;
}

// One walk over the sessions.
struct Pass {
    const Identity& identity;
    const Loaded& loaded;
    const BulkRequest& request;
    BulkResult& result;
    core::Instant now;
    Batch batch = {};
    int64 places[kBatchRoom] = {}; // of the batch's changes, among those that were looked at
    core::Name states[kBatchRoom] = {}; // that they lead to
    int64 unknown = 0;             // whose lifecycles lack the action
};

void record(Pass* pass, int64 place, const Tried& tried) {
    BulkResult& result = pass->result;
    ++result.counts[static_cast<int>(tried.outcome)];
    if (tried.refusal == core::Refusal::unknown_action)
        ++pass->unknown;
    if (place < pass->request.shown) {
        result.tried[place] = tried;
        result.shown = Max(result.shown, static_cast<int>(place) + 1);
    }
}

// Decides on one session; what is to be written goes to the batch, everything else is recorded at once.
void look_at(Pass* pass, const ListedSession& listed, int64 place) {
    const BulkRequest& request = pass->request;
    const core::Lifecycle& lifecycle = *listed.lifecycle;
    core::SessionFacts facts = session_facts(listed.row, lifecycle);
    core::Present present = core::PresentOf(lifecycle, facts, pass->now);
    Tried tried;
    tried.id = *DatumGetUUIDP(listed.row.column[kSessionId].datum);
    tried.refusal = core::Refusal::none;
    tried.state = lifecycle.states[present.state].name;
    bool done = present.ended_at != core::kUnset;

    core::Attempt attempt;
    attempt.action = action_of(request, lifecycle, present);
    attempt.reason_length = reason_length(request.reason);
    if (attempt.action == core::kNone && request.action.empty()) { // nothing of this lifecycle is ever forced to end
        tried.outcome = done ? Outcome::already : Outcome::invalid_state;
        return record(pass, place, tried);
    }
    if (attempt.action != core::kNone)
        done = done || core::HasHadItsEffect(lifecycle.actions[attempt.action], facts, present);
    core::Standing standing =
        core::StandingOf(listed.caller, PartyFactsOf(listed.row), lifecycle.workspace_parties);
    core::Decision decision =
        core::Decide(lifecycle, facts, standing, pass->loaded.grants, attempt, pass->now);

    if (decision.verdict == core::Verdict::replay) {
        tried.outcome = Outcome::already;
        return record(pass, place, tried);
    }
    if (decision.verdict == core::Verdict::refuse) {
        if (decision.refusal == core::Refusal::reason_required || decision.refusal == core::Refusal::reason_not_taken)
            raise_refusal(decision.refusal, "reason",
                          psprintf("So it is with the action \"%s\" of the lifecycle \"%s\".",
                                   excerpt(lifecycle.actions[attempt.action].name.View()),
                                   excerpt(text_view(listed.row.column[kSessionLifecycle].datum))));
        tried.outcome = RefusedOutcome(decision.refusal, done);
        if (decision.refusal != core::Refusal::invalid_state)
            tried.refusal = decision.refusal;
        return record(pass, place, tried);
    }
    tried.outcome = Outcome::ended;
    if (!request.writes)
        return record(pass, place, tried);
    Change change = change_of(pass->identity, pass->loaded, listed.row, listed.written_by, lifecycle, attempt.action,
                              decision, request.reason, pass->now);
    Value& details = change.note.details;
    if (!request.details.null)
        details = details.null ? request.details
                               : Value{DirectFunctionCall2(jsonb_concat, details.datum, request.details.datum), false};
    pass->places[pass->batch.count] = place;
    pass->states[pass->batch.count] = core::Name(change.note.to_state);
    add_change(&pass->batch, change);
}

// Records what was written, and puts the rest to the front of `places`; their ids.
std::span<const pg_uuid_t> record_written(Pass* pass) {
    std::span<const pg_uuid_t> rest = unwritten(pass->batch);
    int kept = 0;
    for (int i = 0; i < pass->batch.count; ++i) {
        if (pass->batch.written[i])
            record(pass, pass->places[i],
                   {session_of(pass->batch, i), Outcome::ended, core::Refusal::none, pass->states[i]});
        else
            pass->places[kept++] = pass->places[i];
    }
    return rest;
}

// Writes the batch; what changed meanwhile is read again and decided anew. Its rows are locked by then.
void flush(Pass* pass) {
    for (int attempt = 1; pass->batch.count > 0; ++attempt) {
        if (attempt > kDecideAttempts)
            raise_changed_meanwhile();
        core::Instant since = GetCurrentTimestamp();
        write_batch(&pass->batch, Locked::wait);
        bool own = false;
        for (int i = 0; i < pass->batch.count; ++i)
            own = own || (pass->batch.written[i] && IsOwnSession(pass->identity, session_of(pass->batch, i)));
        check_after_wait(pass->identity, own, since);

        std::span<const pg_uuid_t> rest = record_written(pass);
        clear_batch(&pass->batch);
        if (rest.empty())
            return;
        int64* places = static_cast<int64*>(palloc(sizeof(int64) * rest.size()));
        memcpy(places, pass->places, sizeof(int64) * rest.size());
        pass->now = GetCurrentTimestamp();
        uint64 count = read_listed(pass->identity, rest);
        SPITupleTable* result = SPI_tuptable;
        uint64 row = 0;
        for (std::size_t i = 0; i < rest.size(); ++i) { // both are in the order of ids
            SPI_tuptable = result;
            if (row < count && memcmp(DatumGetUUIDP(result_value(row, kSessionId).datum)->data, rest[i].data, UUID_LEN) == 0)
                look_at(pass, listed_session(row++, pass->loaded.caller), places[i]);
            else // gone: only what has ended is ever removed
                record(pass, places[i], {rest[i], Outcome::already, core::Refusal::none, core::Name()});
        }
        SPI_freetuptable(result);
    }
}

// Whether the caller may know of the session here: he may read it, or take the action on it.
bool may_know(const Pass& pass, const ListedSession& listed, const core::Present& present) {
    const core::Lifecycle& lifecycle = *listed.lifecycle;
    if (readable(lifecycle, listed.row, listed.caller, pass.loaded.grants, pass.now) == core::Refusal::none)
        return true;
    core::Attempt attempt;
    attempt.action = action_of(pass.request, lifecycle, present);
    if (attempt.action == core::kNone)
        return false;
    core::Standing standing =
        core::StandingOf(listed.caller, PartyFactsOf(listed.row), lifecycle.workspace_parties);
    core::Decision decision = core::Decide(lifecycle, session_facts(listed.row, lifecycle), standing, pass.loaded.grants,
                                           attempt, pass.now);
    int status = core::TextOf(decision.refusal).status;
    return decision.verdict != core::Verdict::refuse || (status != 403 && status != 404);
}

// Looks at the rows of one fetch.
void look_at_rows(Pass* pass, uint64 count) {
    const BulkRequest& request = pass->request;
    BulkResult& result = pass->result;
    SPITupleTable* rows = SPI_tuptable;
    for (uint64 i = 0; i < count; ++i) {
        SPI_tuptable = rows; // others may have run statements of their own
        ListedSession listed = listed_session(i, pass->loaded.caller);
        pg_uuid_t id = *DatumGetUUIDP(listed.row.column[kSessionId].datum);
        if (request.scanned > 0)
            result.last = id;
        core::Present present =
            core::PresentOf(*listed.lifecycle, session_facts(listed.row, *listed.lifecycle), pass->now);
        if (!Matches(request.filter, *listed.lifecycle, present) || !may_know(*pass, listed, present))
            continue;
        if (result.matched++ >= request.room) {
            ++result.remaining;
            continue;
        }
        result.last = id;
        if (result.id_count < request.collected)
            result.ids[result.id_count++] = id;
        look_at(pass, listed, result.matched - 1);
        if (pass->batch.count == kBatchRoom)
            flush(pass);
    }
    SPI_freetuptable(rows);
}

} // namespace

BulkRequest bulk_request(const Identity& identity, const Value& filter, std::string_view action, const Value& reason) {
    BulkRequest request;
    request.filter = read_filter(filter, identity.tenant, GetCurrentTimestamp());
    if (!request.filter.narrows)
        raise_refusal(core::Refusal::missing_field, "filter", "An empty filter would be every session.",
                      "Say so where that is meant: {\"live\": true}.");
    request.action = action;
    request.reason = reason;
    if (reason_length(reason) > core::kLongestReason)
        raise_refusal(core::Refusal::reason_too_long, "reason",
                      psprintf("It has %d characters.", reason_length(reason)));
    if (!action.empty())
        check_action(request.filter, action);
    return request;
}

BulkResult take_in_bulk(const Identity& identity, const Loaded& loaded, const BulkRequest& request) {
    BulkResult result;
    result.tried = static_cast<Tried*>(palloc(sizeof(Tried) * (request.shown + 1)));
    result.ids = static_cast<pg_uuid_t*>(palloc(sizeof(pg_uuid_t) * (request.collected + 1)));
    Pass* pass = new (palloc(sizeof(Pass))) Pass{identity, loaded, request, result, GetCurrentTimestamp()};
    static_assert(std::is_trivially_destructible_v<Pass>);
    pass->batch = begin_batch(identity.tenant);

    MemoryContext memory = AllocSetContextCreate(CurrentMemoryContext, "curfew bulk", ALLOCSET_DEFAULT_SIZES);
    Portal cursor = open_session_list(identity, loaded.caller, request.filter, pass->now,
                                      ById{request.after, request.scanned});
    uint64 rows = 0;
    while (uint64 count = fetch(cursor, kBatchRoom)) {
        MemoryContext outer = MemoryContextSwitchTo(memory);
        rows += count;
        look_at_rows(pass, count);
        MemoryContextSwitchTo(outer);
        MemoryContextReset(memory);
        CHECK_FOR_INTERRUPTS();
    }
    SPI_cursor_close(cursor);
    MemoryContext outer = MemoryContextSwitchTo(memory);
    flush(pass);
    MemoryContextSwitchTo(outer);
    MemoryContextDelete(memory);
    end_batch(&pass->batch);

    result.more = request.scanned > 0 ? rows == static_cast<uint64>(request.scanned) : result.remaining > 0;
    if (pass->unknown > 0 && pass->unknown == result.matched && request.after.null && request.scanned == 0)
        raise_refusal(core::Refusal::unknown_action, "action",
                      psprintf("No lifecycle of the sessions that match has an action \"%s\".", excerpt(request.action)));
    return result;
}

} // namespace curfew
