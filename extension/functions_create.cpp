// SQL-callable: beginning a session.
#include "administration.hpp"
#include "function.hpp"

#include "details.hpp"
#include "edit.hpp"
#include "errors.hpp"
#include "idempotency.hpp"
#include "json.hpp"
#include "lifecycle_cache.hpp"
#include "secrets.hpp"
#include "store_identity.hpp"
#include "store_read.hpp"
#include "store_token.hpp"
#include "store_write.hpp"
#include "token_session.hpp"

using namespace curfew;

namespace {

// Where a new session belongs and who begins it.
struct Setting {
    Identity identity;
    Loaded loaded;
    const core::Lifecycle* lifecycle;
    Value workspace = {0, true};
};

// Beginning a session gives a token that acts as somebody, so it is for oneself, or for holders of this scope.
constexpr std::string_view kForOthers = "sessions:create_for";

// A workspace that the caller has nothing to do with is not found. A key that is bound to one speaks for it where
// workspaces are the parties; elsewhere its principal has to be a member, as for every other use of the session.
void check_workspace(const Setting& setting) {
    const core::CallerFacts& caller = setting.loaded.caller;
    if (setting.workspace.null)
        return;
    bool bound_here = caller.bound_workspace.set &&
                      memcmp(caller.bound_workspace.id.data(), DatumGetUUIDP(setting.workspace.datum)->data,
                             UUID_LEN) == 0;
    if (caller.bound_workspace.set && !bound_here)
        raise_refusal(core::Refusal::workspace_mismatch, "workspace");
    bool speaks_for = bound_here && setting.lifecycle->workspace_parties;
    if (!speaks_for && caller.workspace_role == core::Role::none && caller.role != core::Role::admin)
        raise_refusal(core::Refusal::workspace_not_found, "workspace");
}

void check_caller(const Setting& setting, const pg_uuid_t& owner, const Value& agent) {
    const core::CallerFacts& caller = setting.loaded.caller;
    const core::Grants& grants = setting.loaded.grants;
    core::Role role = caller.workspace_role != core::Role::none ? caller.workspace_role : caller.role;
    if (role == core::Role::reader && caller.role != core::Role::admin)
        raise_refusal(core::Refusal::reader);
    if (!grants.Cover(setting.lifecycle->create_scope.View()))
        raise_refusal(core::Refusal::scope_missing, nullptr,
                      psprintf("Beginning needs the scope \"%s\".", excerpt(setting.lifecycle->create_scope.View())));

    const pg_uuid_t& self = setting.identity.principal;
    bool for_other = memcmp(owner.data, self.data, UUID_LEN) != 0 ||
                     (!agent.null && memcmp(DatumGetUUIDP(agent.datum)->data, self.data, UUID_LEN) != 0);
    if (for_other && !grants.Cover(kForOthers))
        raise_refusal(core::Refusal::scope_missing, nullptr,
                      "Beginning a session for another principal needs the scope \"sessions:create_for\".");
}

// An active principal of the tenant; refused when it is unknown or not active.
PrincipalStanding active_principal(const pg_uuid_t& tenant, const pg_uuid_t& id, const char* argument) {
    PrincipalStanding standing = read_standing(tenant, id);
    if (!standing.found)
        raise_refusal(core::Refusal::principal_not_found, argument);
    if (standing.refusal == core::Refusal::principal_revoked) // 401 would blame the caller's own credential
        raise_refusal(core::Refusal::invalid_state, argument, psprintf("The %s was revoked.", argument));
    if (standing.refusal != core::Refusal::none)
        raise_refusal(standing.refusal, argument);
    return standing;
}

// A session's scopes are within those of whom it runs as and, unless the caller may begin sessions for others, within
// the caller's own.
void check_scopes_within(const Value& wanted, core::Scopes held, const core::Grants& grants) {
    check_scopes(wanted);
    for (std::string_view scope : text_views(wanted)) {
        if (!core::AnyScopeCovers(held, scope))
            raise_refusal(core::Refusal::scope_missing, "scopes",
                          psprintf("The principal lacks the scope \"%s\".", excerpt(scope)));
        if (!grants.Cover(scope) && !grants.Cover(kForOthers))
            raise_refusal(core::Refusal::scope_missing, "scopes",
                          psprintf("The caller lacks the scope \"%s\".", excerpt(scope)));
    }
}

// Reads the per-session timer settings, in whole seconds, into the facts.
void read_timers(const Value& timers, const core::Lifecycle& lifecycle, core::SessionFacts* facts) {
    if (timers.null)
        return;
    JsonNode settings = JsonNode::of_datum(timers.datum);
    if (!settings.IsObject())
        raise_refusal(core::Refusal::wrong_type, "timers", "It is an object of seconds per timer setting.");
    settings.ForEachMember([&](std::string_view name, JsonNode value) {
        bool known = false;
        for (int i = 0; i < lifecycle.timer_count; ++i) {
            const core::Timer& timer = lifecycle.timers[i];
            if (timer.parameter.Empty() || !(timer.parameter == name))
                continue;
            known = true;
            int64 seconds = 0;
            Whole whole = value.IsNumber() ? WholeNumber(value.Number(), &seconds) : Whole::no;
            if (whole == Whole::no)
                raise_refusal(core::Refusal::wrong_type, excerpt(name), "It is a whole number of seconds.");
            if (whole == Whole::beyond || seconds < timer.minimum / core::kSecond || seconds > timer.maximum / core::kSecond)
                raise_refusal(core::Refusal::value_out_of_range, excerpt(name),
                              psprintf("It is from " INT64_FORMAT " to " INT64_FORMAT " seconds.",
                                       static_cast<int64>(timer.minimum / core::kSecond),
                                       static_cast<int64>(timer.maximum / core::kSecond)));
            facts->settings[i] = seconds * core::kSecond;
        }
        if (!known)
            raise_refusal(core::Refusal::unknown_value, "timers",
                          psprintf("The lifecycle has no timer setting \"%s\".", excerpt(name)));
        return true;
    });
}

void check_members(FunctionCallInfo fcinfo) {
    Edit members;
    members.title = argument(fcinfo, 6);
    members.labels = argument(fcinfo, 7);
    members.metadata = argument(fcinfo, 8);
    members.fields = argument(fcinfo, 9);
    EditProblem problem = member_problem(members);
    if (problem.refusal != core::Refusal::none)
        raise_edit_problem(problem);
    if (HasOperatorsFields(argument(fcinfo, 9))) // a session begins without one
        raise_refusal(core::Refusal::not_owner, "fields", kOperatorsFields);
}

// What the labels of derived secrets stand for.
constexpr char kAccess = 'a', kRefresh = 'r';

// A token that whoever repeats the call can derive again, where the caller's credential allows that; else a random one.
Value new_token(const pg_uuid_t& tenant, Once* once, char label, Value* digest) {
    uint8 bytes[kHmacSize];
    if (!derive_secret(once, label, bytes))
        fill_random(bytes, kTokenSize - kTagSize);
    return token_text(reinterpret_cast<const uint8*>(VARDATA_ANY(read_tag(tenant))), bytes, digest);
}

// Whether the token of that text is valid now.
bool is_live(const pg_uuid_t& tenant, const Value& token) {
    TokenSession found;
    return find_token_session(tenant, text_view(token.datum), GetCurrentTimestamp(), &found) && found.active;
}

constexpr int kInfoWorkspace = 8; // of session_info

// The first answer, with those of its tokens that the caller can derive and that still are its session's. The same words of a
// credential that is bound to another workspace mean another session.
Datum created_again(FunctionCallInfo fcinfo, Once* once, const Setting& setting) {
    const pg_uuid_t& tenant = setting.identity.tenant;
    Value columns[kSessionInfoColumns + 2];
    kept_columns(fcinfo, *once, columns, lengthof(columns));
    const Value &then = columns[kInfoWorkspace], &now = setting.workspace;
    if (then.null != now.null ||
        (!now.null && memcmp(DatumGetUUIDP(then.datum)->data, DatumGetUUIDP(now.datum)->data, UUID_LEN) != 0))
        raise_refusal(core::Refusal::idempotency_key_reused, "idempotency_key");
    uint8 bytes[kHmacSize];
    if (derive_secret(once, kAccess, bytes)) {
        Value digest;
        Value token = new_token(tenant, once, kAccess, &digest);
        if (is_live(tenant, token)) {
            columns[kSessionInfoColumns] = token;
            token = new_token(tenant, once, kRefresh, &digest);
            if (is_unused(tenant, digest.datum))
                columns[kSessionInfoColumns + 1] = token;
        }
    }
    return composite_result(fcinfo, columns, lengthof(columns));
}

// Begins the session, unless there is one that was begun with the same `once`: then that one, as a replay. Whoever is
// found to be there may be gone again when it is looked for, if its transaction was rolled back.
Viewed begin_or_find(const Identity& identity, const core::Lifecycle& lifecycle, const Beginning& beginning,
                     const AuditNote& note, core::Instant now) {
    for (int attempt = 1; attempt <= kDecideAttempts; ++attempt) {
        pg_uuid_t session;
        if (!beginning.once.null && find_once(identity, beginning, &session)) {
            Viewed viewed = view(session, {});
            viewed.replayed = true;
            return viewed;
        }
        SessionRow row;
        if (write_beginning(identity, lifecycle, beginning, note, &row))
            return {row, &lifecycle, now, false};
        CHECK_FOR_INTERRUPTS();
    }
    raise_changed_meanwhile();
}

} // namespace

// create_session(lifecycle text, owner uuid, agent uuid, workspace text, scopes text[], timers jsonb, title text,
//                labels jsonb, metadata jsonb, fields jsonb, parent uuid, once text, idempotency_key text)
// returns session_created
CURFEW_FUNCTION(create_session) {
    Store store = open_store(fcinfo);
    Once once = begin_idempotent(fcinfo);
    Setting setting;
    setting.identity = verified_caller(&setting.loaded, "create_session");
    core::Instant now = GetCurrentTimestamp();
    pg_uuid_t workspace;
    if (!PG_ARGISNULL(3)) {
        if (!find_workspace(setting.identity.tenant, text_argument(fcinfo, 3), &workspace))
            raise_refusal(core::Refusal::workspace_not_found, "workspace");
        setting.workspace = {UUIDPGetDatum(&workspace), false};
    } else if (setting.loaded.caller.bound_workspace.set) {
        memcpy(workspace.data, setting.loaded.caller.bound_workspace.id.data(), UUID_LEN);
        setting.workspace = {UUIDPGetDatum(&workspace), false};
    }
    if (!setting.workspace.null)
        setting.loaded = load_as_caller(&setting.identity, {nullptr, &workspace, false}, now, "create_session");

    std::string_view name = required_text(fcinfo, 0, "lifecycle");
    setting.lifecycle = &current_lifecycle(name);
    const core::Lifecycle& lifecycle = *setting.lifecycle;
    pg_uuid_t owner = PG_ARGISNULL(1) ? setting.identity.principal : *PG_GETARG_UUID_P(1);
    Value agent = argument(fcinfo, 2);
    check_workspace(setting);
    check_caller(setting, owner, agent);
    if (once.repeated) {
        Datum result = created_again(fcinfo, &once, setting);
        close_store(store);
        return result;
    }
    if (setting.workspace.null && (lifecycle.workspace_parties || lifecycle.members_only))
        raise_refusal(core::Refusal::missing_field, "workspace", "Sessions of this lifecycle are in a workspace.");

    core::Scopes held = active_principal(setting.identity.tenant, owner, "owner").scopes;
    if (!agent.null) {
        PrincipalStanding standing = active_principal(setting.identity.tenant, *DatumGetUUIDP(agent.datum), "agent");
        if (standing.kind != core::Kind::agent)
            raise_refusal(core::Refusal::unknown_value, "agent", "The principal is not an agent.");
        held = standing.scopes;
    }
    Value scopes = argument(fcinfo, 4);
    if (!scopes.null)
        check_scopes_within(scopes, held, setting.loaded.grants);
    else if (!agent.null)
        scopes = text_array(held); // an agent's session has the agent's scopes, unless it asks for fewer
    else if (setting.loaded.grants.limited)
        scopes = text_array(setting.loaded.grants.credential); // a limited credential does not widen itself
    check_members(fcinfo);
    if (!PG_ARGISNULL(10))
        view(*PG_GETARG_UUID_P(10), {});

    Beginning beginning;
    beginning.id = new_uuid(lifecycle.random_ids);
    beginning.lifecycle = name;
    beginning.owner = {UUIDPGetDatum(&owner), false};
    beginning.agent = agent;
    beginning.workspace = setting.workspace;
    beginning.parent = argument(fcinfo, 10);
    beginning.scopes = scopes;
    beginning.timers = argument(fcinfo, 5);
    beginning.title = argument(fcinfo, 6);
    beginning.labels = argument(fcinfo, 7);
    beginning.metadata = argument(fcinfo, 8);
    beginning.fields = argument(fcinfo, 9);
    if (!PG_ARGISNULL(11))
        beginning.once = {digest_datum(text_argument(fcinfo, 11)), false};
    beginning.facts.state = lifecycle.initial;
    beginning.facts.created_at = beginning.facts.updated_at = beginning.facts.entered_at = now;
    if (lifecycle.states[lifecycle.initial].metered)
        beginning.facts.started_at = now;
    read_timers(beginning.timers, lifecycle, &beginning.facts);
    core::SetDeadline(lifecycle, beginning.facts);

    Value token = {0, true}, refresh_token = {0, true};
    beginning.access_digest = beginning.refresh_digest = {0, true};
    if (lifecycle.access_token)
        token = new_token(setting.identity.tenant, &once, kAccess, &beginning.access_digest);
    if (lifecycle.refresh_token)
        refresh_token = new_token(setting.identity.tenant, &once, kRefresh, &beginning.refresh_digest);

    AuditNote note;
    note.identity = &setting.identity;
    note.on_behalf_of = setting.loaded.acting_for;
    note.event = lifecycle.create_event.View();
    note.action = "create";
    note.details = details_object({{"lifecycle", text_value(name)}});
    note.to_state = lifecycle.states[lifecycle.initial].name.View();
    note.db_role = GetUserId();
    Viewed viewed = begin_or_find(setting.identity, lifecycle, beginning, note, now);
    if (viewed.replayed)
        token = refresh_token = {0, true}; // of those that it was begun with only the digests are left

    Value columns[kSessionInfoColumns + 2];
    session_info(viewed, columns);
    columns[kSessionInfoColumns] = columns[kSessionInfoColumns + 1] = {0, true};
    if (once.keyed)
        keep_answer(fcinfo, once, composite_result(fcinfo, columns, lengthof(columns)));
    columns[kSessionInfoColumns] = token;
    columns[kSessionInfoColumns + 1] = refresh_token;
    Datum result = composite_result(fcinfo, columns, lengthof(columns));
    close_store(store);
    return result;
}
