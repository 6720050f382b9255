// The load: one read of the caller's standing and of a session.
#include "store_session.hpp"

#include "lifecycle_cache.hpp"
#include "server_settings.hpp"

namespace curfew {
namespace {

// Columns of a load: the caller's first, then the session's where one is wanted, then those of the credential's kind.
enum CallerColumn { kTenantStatus, kPrincipalStatus, kPrincipalKind, kPrincipalRole, kPrincipalScopes, kCallerColumns };
enum LoadedColumn {
    kLoadedSession = kCallerColumns,
    kLoadedRevision = int{kLoadedSession} + int{kSessionColumns},
    kLoadedWrittenBy,
    kLoadedRowWrittenBy,
    kCallerAndSessionColumns
};

// Of an API key and of a session's token; of any other credential there are none.
enum CredentialColumn {
    kCredentialScopes,
    kBoundWorkspace,
    kKeyRevokedAt,
    kKeyExpiresAt,
    kKeyLastUsedAt,
    kTokenSession = kKeyRevokedAt, // the columns of the credential's own session, its lifecycle's version, its owner's status
    kTokenRevision = int{kTokenSession} + int{kSessionColumns},
    kTokenWrittenBy,
    kTokenOwnerStatus
};

// A load of each kind of credential, with a session and without: what is not asked for costs as much as what is.
// $1 tenant, $2 principal, $3 session, $4 the credential's id or the database role ($3 without a session).
struct LoadStatement {
    Statement of_caller, with_session;
};

#define CURFEW_LOAD(session_columns, session_join, credential_columns, credential_join)                            \
    "SELECT t.status, p.status, p.kind, p.role, p.scopes" session_columns credential_columns                       \
    " FROM curfew.principal p JOIN curfew.tenant t ON t.id = p.tenant_id" credential_join session_join             \
    " WHERE p.tenant_id = $1 AND p.id = $2"
#define CURFEW_LOADS(credential_columns, credential_join, ...)                                                     \
    {{CURFEW_LOAD("", "", credential_columns, credential_join("$3")), {UUIDOID, UUIDOID __VA_OPT__(,) __VA_ARGS__}}, \
     {CURFEW_LOAD(", " CURFEW_SESSION_COLUMNS("s") ", l.revision, l.xmin, s.xmin",                                 \
                  " LEFT JOIN curfew.session s ON s.tenant_id = p.tenant_id AND s.id = $3"                         \
                  " LEFT JOIN curfew.lifecycle l ON l.name = s.lifecycle",                                         \
                  credential_columns, credential_join("$4")),                                                      \
      {UUIDOID, UUIDOID, UUIDOID __VA_OPT__(,) __VA_ARGS__}}}

#define CURFEW_BY_ITSELF(id) ""
#define CURFEW_BY_ROLE(id)                                                                                         \
    " JOIN curfew.role_mapping m ON m.role = " id " AND m.role_name = pg_get_userbyid(" id ")"                     \
    " AND m.tenant_id = p.tenant_id AND m.principal_id = p.id"
#define CURFEW_BY_KEY(id)                                                                                          \
    " JOIN curfew.api_key k ON k.tenant_id = p.tenant_id AND k.id = " id " AND k.principal_id = p.id"              \
    " LEFT JOIN curfew.api_key_use u ON u.tenant_id = k.tenant_id AND u.key_id = k.id"
#define CURFEW_BY_TOKEN(id)                                                                                        \
    " JOIN curfew.session c ON c.tenant_id = p.tenant_id AND c.id = " id                                           \
    " AND COALESCE(c.agent_id, c.owner_id) = p.id"                                                                 \
    " JOIN curfew.lifecycle cl ON cl.name = c.lifecycle"                                                           \
    " JOIN curfew.principal o ON o.tenant_id = c.tenant_id AND o.id = c.owner_id"
#define CURFEW_BY_JWT(id) " JOIN curfew.issuer i ON i.tenant_id = p.tenant_id AND i.id = " id

Statement& load_statement(IdentityKind kind, bool with_session) {
    static LoadStatement plain = CURFEW_LOADS("", CURFEW_BY_ITSELF);
    static LoadStatement role = CURFEW_LOADS("", CURFEW_BY_ROLE, REGROLEOID);
    static LoadStatement key = CURFEW_LOADS(", k.scopes, k.workspace_id, k.revoked_at, k.expires_at, u.last_used_at",
                                            CURFEW_BY_KEY, UUIDOID);
    static LoadStatement token = CURFEW_LOADS(", c.scopes, c.workspace_id, " CURFEW_SESSION_COLUMNS("c")
                                              ", cl.revision, cl.xmin, o.status", CURFEW_BY_TOKEN, UUIDOID);
    static LoadStatement jwt = CURFEW_LOADS("", CURFEW_BY_JWT, UUIDOID);

    LoadStatement* load = &plain;
    switch (kind) {
    case IdentityKind::mapped_role:
        load = &role;
        break;
    case IdentityKind::api_key:
        load = &key;
        break;
    case IdentityKind::session_token:
        load = &token;
        break;
    case IdentityKind::jwt:
        load = &jwt;
        break;
    default:
        break;
    }
    return with_session ? load->with_session : load->of_caller;
}

SessionRow NoSession() {
    SessionRow row;
    for (Value& value : row.column)
        value = {0, true};
    return row;
}

uint64 run_with(Snapshots snapshots, Statement& statement, const Parameters& parameters) {
    return snapshots == Snapshots::latest ? run_latest(statement, parameters) : run(statement, parameters);
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

// Why the session of a token that was found may not act; none where it may, and whether that use of it is due.
//   first  the first of the credential's columns
core::Refusal token_refusal(Loaded* loaded, int first, core::Instant now) {
    SessionRow own = session_row(0, first + kTokenSession);
    LifecycleVersion version = {DatumGetInt32(result_value(0, first + kTokenRevision).datum),
                                DatumGetTransactionId(result_value(0, first + kTokenWrittenBy).datum)};
    std::string_view owner_status = text_or_empty(result_value(0, first + kTokenOwnerStatus));
    SPITupleTable* result = SPI_tuptable; // a compilation may run a statement of its own
    const core::Lifecycle& lifecycle = compiled_lifecycle(text_view(own.column[kSessionLifecycle].datum), version);
    SPI_tuptable = result;

    core::SessionFacts facts = session_facts(own, lifecycle);
    core::Present present = core::PresentOf(lifecycle, facts, now);
    if (!lifecycle.states[present.state].live)
        return core::Refusal::session_not_live;
    loaded->use_is_due = core::UseIsDue(lifecycle, facts, now, now, UseGranularity());
    return loaded->refusal != core::Refusal::none ? loaded->refusal : StatusRefusal(owner_status);
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
    bool with_session = wanted.session != nullptr;
    Parameters parameters;
    parameters.Add(identity.tenant);
    parameters.Add(identity.principal);
    if (with_session)
        parameters.Add(*wanted.session);
    if (identity.kind == IdentityKind::mapped_role)
        parameters.Add(ObjectIdGetDatum(identity.role));
    else if (identity.kind != IdentityKind::act_as)
        parameters.Add(identity.credential);

    Loaded loaded;
    if (run_with(snapshots, load_statement(identity.kind, with_session), parameters) == 0)
        return loaded;
    loaded.caller_found = true;

    loaded.caller.principal = ToCore(identity.principal);
    loaded.caller.kind = core::KindOf(text_view(result_value(0, kPrincipalKind).datum));
    loaded.caller.role = core::RoleOf(text_view(result_value(0, kPrincipalRole).datum));
    loaded.grants.principal = text_views(result_value(0, kPrincipalScopes));
    if (text_view(result_value(0, kTenantStatus).datum) != "active")
        loaded.refusal = core::Refusal::tenant_suspended;
    if (loaded.refusal == core::Refusal::none)
        loaded.refusal = StatusRefusal(text_view(result_value(0, kPrincipalStatus).datum));

    loaded.session = with_session ? session_row(0, kLoadedSession) : NoSession();
    loaded.session_found = !loaded.session.column[kSessionId].null;
    if (loaded.session_found) {
        loaded.written_by = DatumGetTransactionId(result_value(0, kLoadedRowWrittenBy).datum);
        loaded.version = {DatumGetInt32(result_value(0, kLoadedRevision).datum),
                          DatumGetTransactionId(result_value(0, kLoadedWrittenBy).datum)};
    }

    int first = with_session ? int{kCallerAndSessionColumns} : int{kCallerColumns};
    Value bound = {0, true};
    if (identity.kind == IdentityKind::api_key || identity.kind == IdentityKind::session_token) {
        Value scopes = result_value(0, first + kCredentialScopes);
        loaded.grants.credential = text_views(scopes);
        loaded.grants.limited = !scopes.null;
        bound = result_value(0, first + kBoundWorkspace);
        loaded.caller.bound_workspace = ToCore(bound);
    }
    if (identity.kind == IdentityKind::api_key) {
        core::Instant revoked_at = InstantOf(result_value(0, first + kKeyRevokedAt));
        core::Instant expires_at = InstantOf(result_value(0, first + kKeyExpiresAt));
        if (revoked_at != core::kUnset && revoked_at <= now)
            loaded.refusal = core::Refusal::key_revoked;
        else if (expires_at != core::kUnset && expires_at <= now)
            loaded.refusal = core::Refusal::key_expired;
        core::Instant last_used = InstantOf(result_value(0, first + kKeyLastUsedAt));
        loaded.key_used_lately = last_used != core::kUnset && now - last_used < 60 * core::kSecond;
    } else if (identity.kind == IdentityKind::jwt) {
        add_token_scopes(identity.scopes, &loaded.grants);
        if (identity.expires_at <= now)
            loaded.refusal = core::Refusal::jwt_expired;
    } else if (identity.kind == IdentityKind::session_token) {
        Value owner = result_value(0, first + int{kTokenSession} + int{kSessionOwner});
        if (memcmp(DatumGetUUIDP(owner.datum)->data, identity.principal.data, UUID_LEN) != 0)
            loaded.acting_for = owner;
        loaded.refusal = token_refusal(&loaded, first, now);
    }
    load_places(identity, wanted, bound, snapshots, &loaded);
    return loaded;
}

} // namespace curfew
