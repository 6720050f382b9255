#include "in_place.hpp"

#include "lifecycle_cache.hpp"
#include "refusal_context.hpp"
#include "server_settings.hpp"
#include "store_in_place.hpp"

namespace curfew {
namespace {

struct Acting {
    const Identity& identity;
    const ActionRequest& request;
    const Loaded& caller;
    Oid role; // that called; the statement runs as the extension's owner
    Viewed* viewed;
};

bool decide_action(void* context, const SessionRow& row, Change* change) {
    const Acting& acting = *static_cast<Acting*>(context);
    const ActionRequest& request = acting.request;
    std::string_view name = text_view(row.column[kSessionLifecycle].datum);
    const core::Lifecycle* lifecycle = KnownLifecycle(name);
    if (lifecycle == nullptr || (!request.within.lifecycle.empty() && name != request.within.lifecycle))
        return false;
    bool placed = !row.column[kSessionWorkspace].null || !row.column[kSessionOperatorWorkspace].null;
    if (placed || lifecycle->workspace_parties) // what the caller is there has to be read
        return false;

    core::Instant now = GetCurrentTimestamp();
    core::SessionFacts facts = session_facts(row, *lifecycle);
    core::Attempt wanted = attempt_of(request, *lifecycle);
    core::Standing standing = core::StandingOf(acting.caller.caller, PartyFactsOf(row), lifecycle->workspace_parties);
    core::Decision decision = core::Decide(*lifecycle, facts, standing, acting.caller.grants, wanted, now);
    if (decision.verdict != core::Verdict::apply)
        return false;
    const core::Action& action = lifecycle->actions[wanted.action];
    if (action.effect != core::Effect::enter || action.assigns || action.dispatches)
        return false;
    *change = change_of(acting.identity, acting.caller, row, InvalidTransactionId, *lifecycle, wanted.action, decision,
                        request.reason, now);
    change->note.db_role = acting.role;
    *acting.viewed = {{}, lifecycle, now};
    return true;
}

} // namespace

bool act_in_place(const Identity& identity, const ActionRequest& request, Viewed* viewed) {
    bool plain = request.edit == nullptr && !request.extends && request.fields.null && request.for_workspace.empty() &&
                 request.within.workspace.empty();
    if (!plain || IsolationUsesXactSnapshot() || XactReadOnly || IsDistributed())
        return false;
    core::Instant began = GetCurrentTimestamp();
    Loaded caller = load(identity, {}, began);
    if (!caller.caller_found || caller.refusal != core::Refusal::none || caller.caller.bound_workspace.set)
        return false;
    note_caller(identity, caller.acting_for, {});

    Acting acting = {identity, request, caller, GetUserId(), viewed};
    InPlace change = {identity.tenant, request.session, decide_action, &acting};
    if (!write_in_place(&change))
        return false;
    viewed->row = change.row;
    check_after_wait(identity, IsOwnSession(identity, request.session), began);
    return true;
}

} // namespace curfew
