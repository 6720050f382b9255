#include "engine.hpp"

#include "details.hpp"
#include "errors.hpp"
#include "lifecycle_cache.hpp"
#include "refusal_context.hpp"
#include "secrets.hpp"
#include "store_identity.hpp"
#include "store_write.hpp"

namespace curfew {
namespace {

constexpr int kAttempts = 10;
constexpr core::Microseconds kLongWait = core::kSecond / 100;

bool is_within(const Within& within, const Loaded& loaded) {
    const SessionRow& row = loaded.session;
    if (!within.lifecycle.empty() && text_view(row.column[kSessionLifecycle].datum) != within.lifecycle)
        return false;
    if (within.workspace.empty())
        return true;
    const Value& workspace = row.column[kSessionWorkspace];
    if (workspace.null)
        return false;
    pg_uuid_t id;
    if (ParseUuid(within.workspace, &id))
        return memcmp(DatumGetUUIDP(workspace.datum)->data, id.data, UUID_LEN) == 0;
    return text_view(loaded.workspace_slug.datum) == within.workspace;
}

int reason_length(const Value& reason) {
    if (reason.null)
        return -1;
    std::string_view text = text_view(reason.datum);
    return pg_mbstrlen_with_len(text.data(), static_cast<int>(text.size()));
}

[[noreturn]] void raise_decision(const core::Decision& decision, const core::Lifecycle& lifecycle, int present,
                                 const ActionRequest& request, int64 version) {
    const char* action = excerpt(request.action);
    switch (decision.refusal) {
    case core::Refusal::unknown_action:
        raise_refusal(decision.refusal, "action", psprintf("There is no action \"%s\".", action));
    case core::Refusal::scope_missing:
        raise_refusal(decision.refusal, nullptr,
                      psprintf("The action \"%s\" needs the scope \"%s\".", action, excerpt(decision.missing_scope)));
    case core::Refusal::reason_required:
    case core::Refusal::reason_not_taken:
        raise_refusal(decision.refusal, "reason");
    case core::Refusal::reason_too_long:
        raise_refusal(decision.refusal, "reason", psprintf("It has %d characters.", reason_length(request.reason)));
    case core::Refusal::version_conflict:
        raise_refusal(decision.refusal, "expected_version",
                      psprintf("Version " INT64_FORMAT " was expected; it is at version " INT64_FORMAT ".",
                               request.expected_version, version));
    case core::Refusal::invalid_state:
        raise_refusal(decision.refusal, nullptr,
                      psprintf("The action \"%s\" is not allowed in the state \"%s\".", action,
                               excerpt(lifecycle.states[present].name.View())));
    default:
        raise_refusal(decision.refusal);
    }
}

// What an audit row tells of a mark, so that it need not be looked up what the action did then.
Value mark_details(const core::Lifecycle& lifecycle, const core::Action& action) {
    switch (action.effect) {
    case core::Effect::set_mark:
        return details_object({{"set", text_value(lifecycle.marks[action.target].View())}});
    case core::Effect::clear_mark:
        return details_object({{"cleared", text_value(lifecycle.marks[action.target].View())}});
    default:
        return {0, true};
    }
}

AuditNote note_of(const Identity& identity, const Loaded& loaded, const core::Lifecycle& lifecycle,
                  const core::Action& action, const core::Decision& decision, int present,
                  const ActionRequest& request) {
    AuditNote note;
    note.identity = &identity;
    note.on_behalf_of = loaded.acting_for;
    note.event = action.event.View();
    note.action = action.name.View();
    note.relation = core::WordOf(decision.relation);
    note.from_state = lifecycle.states[present].name.View();
    note.details = mark_details(lifecycle, action);
    if (reason_length(request.reason) > 0)
        note.reason = request.reason;
    note.db_role = GetUserId();
    return note;
}

// Raises what the caller's standing is by the latest snapshot, unless he may act.
void check_standing(const Identity& identity, core::Instant now) {
    Loaded latest = load(identity, {}, now, Snapshots::latest);
    if (!latest.caller_found)
        raise_refusal(core::Refusal::invalid_credential);
    if (latest.refusal != core::Refusal::none)
        raise_refusal(latest.refusal);
}

const core::Lifecycle& lifecycle_of(const Loaded& loaded) {
    return compiled_lifecycle(text_view(loaded.session.column[kSessionLifecycle].datum), loaded.version);
}

// The caller without the session by whose token he calls, where it is that very session that he has just changed: he
// may have ended it himself.
Identity person_of(const Identity& identity, const pg_uuid_t& session) {
    Identity person = identity;
    bool own = identity.kind == IdentityKind::session_token &&
               memcmp(identity.credential.data, session.data, UUID_LEN) == 0;
    if (own)
        person.kind = IdentityKind::act_as;
    return person;
}

Identity mapped_identity() {
    Oid role = GetUserId();
    if (const Identity* remembered = RememberedMapping(role))
        return *remembered;
    Identity identity;
    if (!find_mapping(role, &identity))
        raise_refusal(core::Refusal::no_identity, nullptr,
                      psprintf("The database role is \"%s\".", GetUserNameFromId(role, false)));
    RememberMapping(identity);
    return identity;
}

} // namespace

Identity caller_identity() {
    const Identity* identity = TransactionIdentity();
    return identity != nullptr ? *identity : mapped_identity();
}

Loaded load_as_caller(Identity* identity, const Wanted& wanted, core::Instant now, std::string_view action) {
    if (IsolationUsesXactSnapshot()) {
        note_caller(*identity, {0, true}, action);
        check_standing(*identity, now); // what has been revoked since the snapshot was taken is revoked
    }
    Loaded loaded = load(*identity, wanted, now);
    if (!loaded.caller_found && identity->kind == IdentityKind::mapped_role) {
        ForgetMapping(); // it was changed since it was remembered
        *identity = mapped_identity();
        loaded = load(*identity, wanted, now);
    }
    if (!loaded.caller_found)
        raise_refusal(core::Refusal::invalid_credential);
    note_caller(*identity, loaded.acting_for, wanted.session == nullptr ? action : std::string_view{});
    if (loaded.refusal != core::Refusal::none) {
        if (loaded.session_found)
            note_session(lifecycle_of(loaded), loaded.session, action, {}, now);
        else if (loaded.refusal == core::Refusal::session_not_live)
            NoteSession(identity->credential);
        raise_refusal(loaded.refusal);
    }
    return loaded;
}

Identity verified_caller(Loaded* loaded, std::string_view action) {
    Identity identity = caller_identity();
    Loaded found = load_as_caller(&identity, {}, GetCurrentTimestamp(), action);
    if (loaded != nullptr)
        *loaded = found;
    return identity;
}

core::Refusal readable(const core::Lifecycle& lifecycle, const SessionRow& row, const core::CallerFacts& caller,
                       const core::Grants& grants, core::Instant now) {
    core::Standing standing = core::StandingOf(caller, PartyFactsOf(row), lifecycle.workspace_parties);
    core::Present present = core::PresentOf(lifecycle, session_facts(row, lifecycle), now);
    return core::MayRead(lifecycle, present, standing, grants);
}

Viewed view(const pg_uuid_t& session, const Within& within) {
    Identity identity = caller_identity();
    core::Instant now = GetCurrentTimestamp();
    Loaded loaded = load_as_caller(&identity, {&session, nullptr, !within.workspace.empty()}, now, kReading);
    if (!loaded.session_found || !is_within(within, loaded))
        raise_refusal(core::Refusal::session_not_found);

    const core::Lifecycle& lifecycle = lifecycle_of(loaded);
    core::Refusal refusal = readable(lifecycle, loaded.session, loaded.caller, loaded.grants, now);
    if (refusal != core::Refusal::none)
        note_session(lifecycle, loaded.session, kReading, {}, now);
    if (refusal == core::Refusal::scope_missing)
        raise_refusal(refusal, nullptr,
                      psprintf("Reading needs the scope \"%s\".",
                               excerpt(lifecycle.read_scope.View())));
    if (refusal != core::Refusal::none)
        raise_refusal(refusal);
    return {loaded.session, &lifecycle, now, false};
}

Viewed act(const ActionRequest& request) {
    Identity identity = caller_identity();
    for (int attempt = 1; attempt <= kAttempts; ++attempt) {
        core::Instant now = GetCurrentTimestamp();
        Loaded loaded = load_as_caller(&identity, {&request.session, nullptr, !request.within.workspace.empty()}, now,
                                       request.action);
        if (!loaded.session_found || !is_within(request.within, loaded))
            raise_refusal(core::Refusal::session_not_found);

        const core::Lifecycle& lifecycle = lifecycle_of(loaded);
        core::SessionFacts facts = session_facts(loaded.session, lifecycle);
        int present = core::PresentOf(lifecycle, facts, now).state;

        core::Attempt wanted;
        wanted.action = core::FindAction(lifecycle, request.action);
        wanted.reason_length = reason_length(request.reason);
        wanted.require_reason = request.require_reason;
        wanted.expected_version = request.expected_version;
        core::Standing standing =
            core::StandingOf(loaded.caller, PartyFactsOf(loaded.session), lifecycle.workspace_parties);
        core::Decision decision = core::Decide(lifecycle, facts, standing, loaded.grants, wanted, now);

        if (decision.verdict == core::Verdict::refuse) {
            bool related = decision.relation != core::Relation::clock;
            note_session(lifecycle, loaded.session, request.action,
                         related ? core::WordOf(decision.relation) : std::string_view{}, now);
            raise_decision(decision, lifecycle, present, request, facts.version);
        }
        if (decision.verdict == core::Verdict::replay)
            return {loaded.session, &lifecycle, now, true};

        const core::Action& action = lifecycle.actions[wanted.action];
        MarkChange mark;
        mark.effect = action.effect;
        if (action.effect != core::Effect::enter)
            mark.mark = lifecycle.marks[action.target].View();
        Value operator_workspace = {0, true};
        pg_uuid_t place;
        if (action.assigns && loaded.caller.bound_workspace.set) {
            memcpy(place.data, loaded.caller.bound_workspace.id.data(), UUID_LEN);
            operator_workspace = {UUIDPGetDatum(&place), false};
        }
        AuditNote note = note_of(identity, loaded, lifecycle, action, decision, present, request);
        note.to_state = lifecycle.states[core::PresentOf(lifecycle, decision.after, now).state].name.View();
        if (write_change(identity, &loaded.session, loaded.written_by, lifecycle, decision.after, mark,
                         operator_workspace, note)) {
            core::Instant written = GetCurrentTimestamp();
            if (written - now > kLongWait) // it waited for somebody, and the caller may have been suspended meanwhile
                check_standing(person_of(identity, request.session), written);
            return {loaded.session, &lifecycle, now, false};
        }
        CHECK_FOR_INTERRUPTS();
    }
    ereport(ERROR, (errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
                    errmsg("could not change the session: others changed it %d times meanwhile", kAttempts),
                    errhint("Try again.")));
}

} // namespace curfew
