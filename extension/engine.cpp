#include "engine.hpp"

#include "acting.hpp"
#include "details.hpp"
#include "edit.hpp"
#include "errors.hpp"
#include "extending.hpp"
#include "in_place.hpp"
#include "lifecycle_cache.hpp"
#include "refusal_context.hpp"
#include "secrets.hpp"
#include "server_settings.hpp"
#include "store_identity.hpp"
#include "store_edit.hpp"
#include "store_write.hpp"
#include "uses.hpp"

namespace curfew {
namespace {


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

[[noreturn]] void raise_decision(const core::Decision& decision, const core::Lifecycle& lifecycle, int present,
                                 const ActionRequest& request, int64 version) {
    const char* action = excerpt(request.action);
    if (request.edit != nullptr && edit_problem(*request.edit).refusal == decision.refusal)
        raise_edit_problem(edit_problem(*request.edit));
    switch (decision.refusal) {
    case core::Refusal::unknown_value:
        if (request.extends)
            raise_extension(decision, lifecycle, request);
        raise_refusal(decision.refusal, "action",
                      psprintf(request.edit == nullptr ? "The action \"%s\" needs what it changes."
                                                       : "The action \"%s\" edits nothing.",
                               action),
                      request.edit == nullptr ? "Take it with curfew.update_session." : "Take it with curfew.act.");
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
                      request.expected_version > 0
                          ? psprintf("Version " INT64_FORMAT " was expected; it is at version " INT64_FORMAT ".",
                                     request.expected_version, version)
                          : psprintf("What was expected is no session's version; it is at version " INT64_FORMAT ".", version));
    case core::Refusal::invalid_state:
        raise_refusal(decision.refusal, nullptr,
                      psprintf("The action \"%s\" is not allowed in the state \"%s\".", action,
                               excerpt(lifecycle.states[present].name.View())));
    case core::Refusal::value_out_of_range:
        raise_extension(decision, lifecycle, request);
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

const core::Lifecycle& lifecycle_of(const Loaded& loaded) {
    return current_lifecycle(text_view(loaded.session.column[kSessionLifecycle].datum));
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

int reason_length(const Value& reason) {
    if (reason.null)
        return -1;
    std::string_view text = text_view(reason.datum);
    return pg_mbstrlen_with_len(text.data(), static_cast<int>(text.size()));
}

core::Attempt attempt_of(const ActionRequest& request, const core::Lifecycle& lifecycle) {
    core::Attempt wanted;
    wanted.action = core::FindAction(lifecycle, request.action);
    wanted.reason_length = reason_length(request.reason);
    wanted.require_reason = request.require_reason;
    wanted.expected_version = request.expected_version;
    return wanted;
}

Change change_of(const Identity& identity, const Loaded& loaded, const SessionRow& row, TransactionId written_by,
                 const core::Lifecycle& lifecycle, int action_index, const core::Decision& decision,
                 const Value& reason, core::Instant now) {
    const core::Action& action = lifecycle.actions[action_index];
    core::SessionFacts facts = session_facts(row, lifecycle);
    Change change;
    change.session = *DatumGetUUIDP(row.column[kSessionId].datum);
    change.version = facts.version;
    change.written_by = written_by;
    change.lifecycle = &lifecycle;
    change.after = decision.after;
    change.mark.effect = action.effect;
    if (core::ConcernsMark(action.effect))
        change.mark.mark = lifecycle.marks[action.target].View();
    change.operator_workspace = operator_place(identity, loaded, action, now);
    AuditNote& note = change.note;
    note.identity = &identity;
    note.on_behalf_of = loaded.acting_for;
    note.event = action.event.View();
    note.action = action.name.View();
    note.relation = core::WordOf(decision.relation);
    note.from_state = lifecycle.states[core::PresentOf(lifecycle, facts, now).state].name.View();
    note.to_state = lifecycle.states[core::PresentOf(lifecycle, decision.after, now).state].name.View();
    note.details = mark_details(lifecycle, action);
    if (action.effect == core::Effect::extend) {
        change.setting = setting_of(lifecycle, decision);
        note.details = extension_details(change.setting, facts.deadline, decision.after.deadline);
    }
    if (reason_length(reason) > 0)
        note.reason = reason;
    note.db_role = GetUserId();
    return change;
}

void check_standing(const Identity& identity, core::Instant now) {
    Loaded latest = load(identity, {}, now, Snapshots::latest);
    if (!latest.caller_found)
        raise_refusal(core::Refusal::invalid_credential);
    if (latest.refusal != core::Refusal::none)
        raise_refusal(latest.refusal);
}

void check_after_wait(const Identity& identity, bool changed_own, core::Instant since) {
    constexpr core::Microseconds kLongWait = core::kSecond / 100;
    core::Instant written = GetCurrentTimestamp();
    if (written - since <= kLongWait)
        return;
    Identity person = identity;
    if (changed_own) // he may have ended the session by whose token he calls
        person.kind = IdentityKind::act_as;
    check_standing(person, written);
}

bool IsOwnSession(const Identity& identity, const pg_uuid_t& session) {
    return identity.kind == IdentityKind::session_token &&
           memcmp(identity.credential.data, session.data, UUID_LEN) == 0;
}

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

namespace {

// A session that the caller may read, with his standing.
struct Readable {
    Identity identity;
    Loaded loaded;
    const core::Lifecycle* lifecycle;
};

Readable load_readable(const pg_uuid_t& session, const Within& within, core::Instant now, std::string_view action) {
    Readable found;
    found.identity = caller_identity();
    found.loaded = load_as_caller(&found.identity, {&session, nullptr, !within.workspace.empty()}, now, action);
    if (!found.loaded.session_found || !is_within(within, found.loaded))
        raise_refusal(core::Refusal::session_not_found);

    found.lifecycle = &lifecycle_of(found.loaded);
    consider_places(found.identity, *found.lifecycle, &found.loaded);
    core::Refusal refusal = readable(*found.lifecycle, found.loaded.session, found.loaded.caller, found.loaded.grants, now);
    if (refusal != core::Refusal::none)
        note_session(*found.lifecycle, found.loaded.session, action, {}, now);
    if (refusal == core::Refusal::scope_missing)
        raise_refusal(refusal, nullptr,
                      psprintf("Reading needs the scope \"%s\".", excerpt(found.lifecycle->read_scope.View())));
    if (refusal != core::Refusal::none)
        raise_refusal(refusal);
    return found;
}

} // namespace

Viewed view(const pg_uuid_t& session, const Within& within) {
    core::Instant now = GetCurrentTimestamp();
    Readable found = load_readable(session, within, now, kReading);
    core::Standing standing =
        core::StandingOf(found.loaded.caller, PartyFactsOf(found.loaded.session), found.lifecycle->workspace_parties);
    return {found.loaded.session, found.lifecycle, now, false, standing.relations};
}

void touch(const pg_uuid_t& session) {
    constexpr std::string_view kTouching = "touch";
    core::Instant now = GetCurrentTimestamp();
    Readable found = load_readable(session, {}, now, kTouching);
    const core::Lifecycle& lifecycle = *found.lifecycle;
    core::Standing standing =
        core::StandingOf(found.loaded.caller, PartyFactsOf(found.loaded.session), lifecycle.workspace_parties);
    core::SessionFacts facts = session_facts(found.loaded.session, lifecycle);
    core::Refusal refusal = core::MayUse(lifecycle, facts, standing, now);
    if (refusal != core::Refusal::none) {
        note_session(lifecycle, found.loaded.session, kTouching, {}, now);
        raise_refusal(refusal);
    }
    if (core::UseIsDue(lifecycle, facts, now, now, UseGranularity()))
        note_use(found.identity.tenant, session, now);
}

void raise_changed_meanwhile() {
    ereport(ERROR, (errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
                    errmsg("could not change the session: others changed it %d times meanwhile", kDecideAttempts),
                    errhint("Try again.")));
}

void check_permitted(const ActionRequest& request) {
    Identity identity = caller_identity();
    core::Instant now = GetCurrentTimestamp();
    Loaded loaded = load_as_caller(&identity, {&request.session, nullptr, false}, now, request.action);
    if (!loaded.session_found)
        return;
    const core::Lifecycle& lifecycle = lifecycle_of(loaded);
    core::SessionFacts facts = session_facts(loaded.session, lifecycle);
    core::Attempt wanted;
    wanted.action = core::FindAction(lifecycle, request.action);
    core::Standing standing = core::StandingOf(loaded.caller, PartyFactsOf(loaded.session), lifecycle.workspace_parties);
    core::Decision decision = core::Decide(lifecycle, facts, standing, loaded.grants, wanted, now);
    int status = core::TextOf(decision.refusal).status;
    if (status != 403 && status != 404)
        return;
    note_session(lifecycle, loaded.session, request.action, {}, now);
    raise_decision(decision, lifecycle, facts.state, request, facts.version);
}

bool HasOperatorsFields(const Value& fields) {
    return !fields.null && DatumGetBool(DirectFunctionCall2(jsonb_exists, fields.datum, CStringGetTextDatum("operator")));
}

Viewed act(const ActionRequest& request) {
    Identity identity = caller_identity();
    Viewed done;
    if (act_in_place(identity, request, &done))
        return done;
    for (int attempt = 1; attempt <= kDecideAttempts; ++attempt) {
        core::Instant now = GetCurrentTimestamp();
        Loaded loaded = load_as_caller(&identity, {&request.session, nullptr, !request.within.workspace.empty()}, now,
                                       request.action);
        if (!loaded.session_found || !is_within(request.within, loaded)) {
            if (request.refused == nullptr)
                raise_refusal(core::Refusal::session_not_found);
            *request.refused = core::Refusal::session_not_found;
            return {};
        }

        const core::Lifecycle& lifecycle = lifecycle_of(loaded);
        if (!request.for_workspace.empty())
            act_for_workspace(identity, request.for_workspace, "for_workspace", &loaded);
        else
            consider_places(identity, lifecycle, &loaded);
        core::SessionFacts facts = session_facts(loaded.session, lifecycle);
        int present = core::PresentOf(lifecycle, facts, now).state;

        core::Attempt wanted = attempt_of(request, lifecycle);
        ask_extension(request, lifecycle, facts, now, &wanted);
        wanted.edits = request.edit != nullptr;
        if (wanted.edits)
            wanted.bad_input = edit_problem(*request.edit).refusal;
        core::Standing standing =
            core::StandingOf(loaded.caller, PartyFactsOf(loaded.session), lifecycle.workspace_parties);
        core::Decision decision = core::Decide(lifecycle, facts, standing, loaded.grants, wanted, now);

        if (decision.verdict == core::Verdict::refuse) {
            bool related = decision.relation != core::Relation::clock;
            note_session(lifecycle, loaded.session, request.action,
                         related ? core::WordOf(decision.relation) : std::string_view{}, now);
            if (request.refused == nullptr)
                raise_decision(decision, lifecycle, present, request, facts.version);
            keep_refusal(decision.refusal);
            *request.refused = decision.refusal;
            return {};
        }
        if (decision.verdict == core::Verdict::replay)
            return {loaded.session, &lifecycle, now, true};

        bool as_operator = decision.relation == core::Relation::party || // who accepts it is not yet
                           (standing.relations & core::Bit(core::Relation::party));
        if (!as_operator &&
            (HasOperatorsFields(request.fields) || (wanted.edits && HasOperatorsFields(request.edit->fields)))) {
            note_session(lifecycle, loaded.session, request.action, core::WordOf(decision.relation), now);
            raise_refusal(core::Refusal::not_owner, "fields", kOperatorsFields);
        }

        Change change = change_of(identity, loaded, loaded.session, loaded.written_by, lifecycle, wanted.action,
                                  decision, request.reason, now);
        if (wanted.edits)
            change.note.details = changed_members(*request.edit);
        bool done = wanted.edits ? write_edit(identity.tenant, change, *request.edit, &loaded.session)
                                 : write_change(identity.tenant, change, &loaded.session);
        if (done) {
            if (!request.fields.null)
                add_fields(identity.tenant, request.session, request.fields.datum);
            check_after_wait(identity, IsOwnSession(identity, request.session), now);
            return {loaded.session, &lifecycle, now, false};
        }
        CHECK_FOR_INTERRUPTS();
    }
    raise_changed_meanwhile();
}

} // namespace curfew
