// The load: the caller's standing, kept while the directory stays as it is, and one read of a session.
#include "store_session.hpp"

#include "lifecycle_cache.hpp"
#include "server_settings.hpp"
#include "store_standing.hpp"

namespace curfew {
namespace {

SessionRow NoSession() {
    SessionRow row;
    for (Value& value : row.column)
        value = {0, true};
    return row;
}

std::string_view text_or_empty(const Value& value) { return value.null ? std::string_view{} : text_view(value.datum); }

// What a JWT holds: its roles' scopes besides its principal's, within the limit that it names.
void add_token_scopes(const TokenScopes& token, core::Grants* grants) {
    std::string_view rest = {pnstrdup(token.text, token.size), token.size};
    std::size_t held = grants->principal.size(), role_words = 0, words = 0;
    for (std::size_t i = 0; i < rest.size(); ++i)
        if (rest[i] == ' ')
            ++(i < token.from_roles ? role_words : words);
    std::size_t count = held + role_words + words;
    std::string_view* views = static_cast<std::string_view*>(palloc(sizeof(std::string_view) * (count + 1)));
    for (std::size_t i = 0; i < held; ++i)
        views[i] = grants->principal[i];
    for (std::size_t i = held; i < count; ++i) {
        std::size_t end = 0;
        while (rest[end] != ' ')
            ++end;
        views[i] = {rest.data(), end};
        rest.remove_prefix(end + 1);
    }
    grants->principal = {views, held + role_words};
    grants->credential = {views + held, role_words + words};
    grants->limited = token.limited;
}

// Why the session of a token may not act; none where it may, and whether that use of it is due.
core::Refusal token_refusal(const Identity& identity, const SessionRow& own, core::Instant now, Loaded* loaded) {
    const core::Lifecycle& lifecycle = current_lifecycle(text_view(own.column[kSessionLifecycle].datum));
    core::SessionFacts facts = session_facts(own, lifecycle);
    core::Present present = core::PresentOf(lifecycle, facts, now);
    if (!lifecycle.states[present.state].live)
        return core::Refusal::session_not_live;
    loaded->use_is_due = core::UseIsDue(lifecycle, facts, now, now, UseGranularity());
    if (loaded->refusal != core::Refusal::none)
        return loaded->refusal;
    Standing owner;
    if (!standing_of(identity.tenant, *DatumGetUUIDP(own.column[kSessionOwner].datum), now, &owner))
        return core::Refusal::invalid_credential;
    return owner.refusal;
}

// The principal that a session's token stands for.
const pg_uuid_t& bearer(const SessionRow& own) {
    const Value& agent = own.column[kSessionAgent];
    return *DatumGetUUIDP((agent.null ? own.column[kSessionOwner] : agent).datum);
}

// What the caller is in the workspaces that the load has named: the session's, or the one that is wanted, the operator's,
// and the one that his credential is bound to. A read of its own, since most sessions have none.
void load_places(const Identity& identity, const Wanted& wanted, const Value& bound, Snapshots snapshots, Loaded* loaded) {
#define CURFEW_ROLE_IN(workspace)                                                                                  \
    "(SELECT r.role FROM curfew.workspace_member r WHERE r.tenant_id = $1 AND r.principal_id = $2"                 \
    " AND r.workspace_id = " workspace ")"
    static Statement statement = {
        "SELECT " CURFEW_ROLE_IN("$3") ", " CURFEW_ROLE_IN("$4") ", " CURFEW_ROLE_IN("$5") ","
        " (SELECT w.operator FROM curfew.workspace w WHERE w.tenant_id = $1 AND w.id = $5),"
        " CASE WHEN $6 THEN (SELECT w.slug FROM curfew.workspace w WHERE w.tenant_id = $1 AND w.id = $3) END",
        {UUIDOID, UUIDOID, UUIDOID, UUIDOID, UUIDOID, BOOLOID}};
    constexpr Value kNull = {0, true};
    Value workspace = loaded->session_found ? loaded->session.column[kSessionWorkspace] : kNull;
    Value operators = loaded->session_found ? loaded->session.column[kSessionOperatorWorkspace] : kNull;
    if (workspace.null && wanted.workspace != nullptr)
        workspace = {UUIDPGetDatum(const_cast<pg_uuid_t*>(wanted.workspace)), false};
    if (workspace.null && operators.null && bound.null)
        return;
    Parameters parameters;
    parameters.Add(identity.tenant);
    parameters.Add(identity.principal);
    add(&parameters, workspace);
    add(&parameters, operators);
    add(&parameters, bound);
    parameters.Add(BoolGetDatum(wanted.workspace_slug));
    run_with(snapshots, statement, parameters);
    loaded->caller.workspace_role = core::RoleOf(text_or_empty(result_value(0, 0)));
    loaded->caller.operator_workspace_role = core::RoleOf(text_or_empty(result_value(0, 1)));
    loaded->caller.bound_role = core::RoleOf(text_or_empty(result_value(0, 2)));
    Value is_operator = result_value(0, 3);
    loaded->caller.bound_is_operator = !is_operator.null && DatumGetBool(is_operator.datum);
    loaded->workspace_slug = result_value(0, 4);
}

} // namespace

Loaded load(const Identity& identity, const Wanted& wanted, core::Instant now, Snapshots snapshots) {
    Loaded loaded;
    Standing standing;
    if (!standing_of(identity, now, &standing))
        return loaded;
    bool by_token = identity.kind == IdentityKind::session_token;
    SessionRow own;
    TransactionId own_written_by;
    if (by_token && (!read_session(identity.tenant, identity.credential, snapshots, &own, &own_written_by) ||
                     memcmp(bearer(own).data, identity.principal.data, UUID_LEN) != 0))
        return loaded;

    loaded.caller_found = true;
    loaded.refusal = standing.refusal;
    loaded.caller.principal = ToCore(identity.principal);
    loaded.caller.kind = standing.kind;
    loaded.caller.role = standing.role;
    loaded.grants.principal = text_views(standing.scopes);

    if (wanted.session == nullptr) {
        loaded.session = NoSession();
    } else if (by_token && memcmp(wanted.session->data, identity.credential.data, UUID_LEN) == 0) {
        loaded.session_found = true;
        loaded.session = own;
        loaded.written_by = own_written_by;
    } else {
        loaded.session_found =
            read_session(identity.tenant, *wanted.session, snapshots, &loaded.session, &loaded.written_by);
        if (!loaded.session_found)
            loaded.session = NoSession();
    }

    Value bound = {0, true};
    if (identity.kind == IdentityKind::api_key) {
        loaded.grants.credential = text_views(standing.key_scopes);
        loaded.grants.limited = !standing.key_scopes.null;
        loaded.caller.bound_workspace = standing.workspace;
        if (standing.revoked_at != core::kUnset && standing.revoked_at <= now)
            loaded.refusal = core::Refusal::key_revoked;
        else if (standing.expires_at != core::kUnset && standing.expires_at <= now)
            loaded.refusal = core::Refusal::key_expired;
        loaded.key_used_lately = IsUsedLately(standing, now);
    } else if (identity.kind == IdentityKind::jwt) {
        add_token_scopes(identity.scopes, &loaded.grants);
        if (identity.expires_at <= now)
            loaded.refusal = core::Refusal::jwt_expired;
    } else if (by_token) {
        const Value& scopes = own.column[kSessionScopes];
        loaded.grants.credential = text_views(scopes);
        loaded.grants.limited = !scopes.null;
        loaded.caller.bound_workspace = ToCore(own.column[kSessionWorkspace]);
        const Value& owner = own.column[kSessionOwner];
        if (memcmp(DatumGetUUIDP(owner.datum)->data, identity.principal.data, UUID_LEN) != 0)
            loaded.acting_for = owner;
        loaded.refusal = token_refusal(identity, own, now, &loaded);
    }
    if (loaded.caller.bound_workspace.set)
        bound = uuid_value(*reinterpret_cast<const pg_uuid_t*>(loaded.caller.bound_workspace.id.data()));
    load_places(identity, wanted, bound, snapshots, &loaded);
    return loaded;
}

} // namespace curfew
