#include "store_session.hpp"

#include "json.hpp"
#include "lifecycle_cache.hpp"
#include "server_settings.hpp"

namespace curfew {
namespace {

// Columns of a load, before the session's own.
enum LoadColumn {
    kTenantStatus,
    kPrincipalStatus,
    kPrincipalKind,
    kPrincipalRole,
    kPrincipalScopes,
    kKeyRevokedAt,
    kKeyExpiresAt,
    kKeyLastUsedAt,
    kCredentialScopes,
    kBoundWorkspace,
    kBoundIsOperator,
    kBoundRole,
    kWorkspaceRole,
    kOperatorWorkspaceRole,
    kWorkspaceSlug,
    kTokenSession, // the session columns of the credential's own session, its lifecycle's version, its owner's status
    kTokenRevision = int{kTokenSession} + int{kSessionColumns},
    kTokenWrittenBy,
    kTokenOwnerStatus,
    kLoadedSession,
    kLoadedRevision = int{kLoadedSession} + int{kSessionColumns},
    kLoadedWrittenBy,
    kLoadedRowWrittenBy
};

// A load for one kind of credential. $1 tenant, $2 principal, $3 session, $4 workspace when there is no session,
// $5 whether the slug of the session's workspace is wanted, $6 the credential's id or the database role.
#define CURFEW_LOAD(key_columns, token_columns, credential_join)                                                   \
    "SELECT t.status, p.status, p.kind, p.role, p.scopes, " key_columns ","                                        \
    " (SELECT r.role FROM curfew.workspace_member r WHERE r.tenant_id = p.tenant_id"                               \
    "  AND r.workspace_id = COALESCE(s.workspace_id, $4) AND r.principal_id = p.id),"                              \
    " CASE WHEN s.operator_workspace_id IS NOT NULL THEN"                                                          \
    "  (SELECT r.role FROM curfew.workspace_member r WHERE r.tenant_id = p.tenant_id"                              \
    "   AND r.workspace_id = s.operator_workspace_id AND r.principal_id = p.id) END,"                              \
    " CASE WHEN $5 THEN (SELECT w.slug FROM curfew.workspace w WHERE w.tenant_id = p.tenant_id"                    \
    "  AND w.id = s.workspace_id) END,"                                                                            \
    " " token_columns ", " CURFEW_SESSION_COLUMNS("s") ", l.revision, l.xmin, s.xmin"                              \
    " FROM curfew.principal p JOIN curfew.tenant t ON t.id = p.tenant_id " credential_join                         \
    " LEFT JOIN curfew.session s ON s.tenant_id = p.tenant_id AND s.id = $3"                                       \
    " LEFT JOIN curfew.lifecycle l ON l.name = s.lifecycle"                                                        \
    " WHERE p.tenant_id = $1 AND p.id = $2"

#define CURFEW_NO_KEY "NULL::timestamptz, NULL::timestamptz, NULL::timestamptz, NULL::text[], NULL::uuid, NULL::boolean, NULL::text"
#define CURFEW_NO_TOKEN                                                                                            \
    "NULL::uuid, NULL::text, NULL::uuid, NULL::uuid, NULL::uuid, NULL::uuid, NULL::uuid, NULL::text, NULL::text,"  \
    " NULL::bigint, NULL::timestamptz, NULL::timestamptz, NULL::timestamptz, NULL::timestamptz,"                   \
    " NULL::timestamptz, NULL::timestamptz, NULL::bigint, NULL::text[], NULL::jsonb, NULL::jsonb,"                 \
    " NULL::timestamptz,"                                                                                          \
    " NULL::integer, NULL::xid, NULL::text"

Statement& load_statement(IdentityKind kind) {
    static Statement plain = {CURFEW_LOAD(CURFEW_NO_KEY, CURFEW_NO_TOKEN, ""), {UUIDOID, UUIDOID, UUIDOID, UUIDOID, BOOLOID}};
    static Statement role = {
        CURFEW_LOAD(CURFEW_NO_KEY, CURFEW_NO_TOKEN,
                    "JOIN curfew.role_mapping m ON m.role = $6 AND m.role_name = pg_get_userbyid($6)"
                    " AND m.tenant_id = p.tenant_id AND m.principal_id = p.id"),
        {UUIDOID, UUIDOID, UUIDOID, UUIDOID, BOOLOID, REGROLEOID}};
    static Statement key = {
        CURFEW_LOAD("k.revoked_at, k.expires_at, u.last_used_at, k.scopes, k.workspace_id, w.operator, b.role", CURFEW_NO_TOKEN,
                    "JOIN curfew.api_key k ON k.tenant_id = p.tenant_id AND k.id = $6 AND k.principal_id = p.id"
                    " LEFT JOIN curfew.api_key_use u ON u.tenant_id = k.tenant_id AND u.key_id = k.id"
                    " LEFT JOIN curfew.workspace w ON w.tenant_id = k.tenant_id AND w.id = k.workspace_id"
                    " LEFT JOIN curfew.workspace_member b ON b.tenant_id = k.tenant_id"
                    "  AND b.workspace_id = k.workspace_id AND b.principal_id = p.id"),
        {UUIDOID, UUIDOID, UUIDOID, UUIDOID, BOOLOID, UUIDOID}};
    static Statement token = {
        CURFEW_LOAD("NULL::timestamptz, NULL::timestamptz, NULL::timestamptz, c.scopes, c.workspace_id, w.operator, b.role",
                    CURFEW_SESSION_COLUMNS("c") ", cl.revision, cl.xmin, o.status",
                    "JOIN curfew.session c ON c.tenant_id = p.tenant_id AND c.id = $6"
                    " AND COALESCE(c.agent_id, c.owner_id) = p.id"
                    " JOIN curfew.lifecycle cl ON cl.name = c.lifecycle"
                    " JOIN curfew.principal o ON o.tenant_id = c.tenant_id AND o.id = c.owner_id"
                    " LEFT JOIN curfew.workspace w ON w.tenant_id = c.tenant_id AND w.id = c.workspace_id"
                    " LEFT JOIN curfew.workspace_member b ON b.tenant_id = c.tenant_id"
                    "  AND b.workspace_id = c.workspace_id AND b.principal_id = p.id"),
        {UUIDOID, UUIDOID, UUIDOID, UUIDOID, BOOLOID, UUIDOID}};
    static Statement jwt = {CURFEW_LOAD(CURFEW_NO_KEY, CURFEW_NO_TOKEN,
                                        "JOIN curfew.issuer i ON i.tenant_id = p.tenant_id AND i.id = $6"),
                            {UUIDOID, UUIDOID, UUIDOID, UUIDOID, BOOLOID, UUIDOID}};

    switch (kind) {
    case IdentityKind::mapped_role:
        return role;
    case IdentityKind::api_key:
        return key;
    case IdentityKind::session_token:
        return token;
    case IdentityKind::jwt:
        return jwt;
    default:
        return plain;
    }
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
core::Refusal token_refusal(Loaded* loaded, core::Instant now) {
    SessionRow own = session_row(0, kTokenSession);
    LifecycleVersion version = {DatumGetInt32(result_value(0, kTokenRevision).datum),
                                DatumGetTransactionId(result_value(0, kTokenWrittenBy).datum)};
    std::string_view owner_status = text_or_empty(result_value(0, kTokenOwnerStatus));
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

} // namespace

core::Refusal StatusRefusal(std::string_view status) {
    if (status == "suspended")
        return core::Refusal::principal_suspended;
    return status == "revoked" ? core::Refusal::principal_revoked : core::Refusal::none;
}

SessionRow session_row(uint64 row, int first) {
    SessionRow session;
    for (int i = 0; i < kSessionColumns; ++i)
        session.column[i] = result_value(row, first + i);
    return session;
}

core::Uuid ToCore(const pg_uuid_t& id) {
    core::Uuid uuid;
    memcpy(uuid.data(), id.data, UUID_LEN);
    return uuid;
}

core::MaybeUuid ToCore(const Value& id) {
    core::MaybeUuid uuid;
    uuid.set = !id.null;
    if (uuid.set)
        uuid.id = ToCore(*DatumGetUUIDP(id.datum));
    return uuid;
}

core::Instant InstantOf(const Value& timestamp) {
    if (timestamp.null)
        return core::kUnset;
    TimestampTz at = DatumGetTimestampTz(timestamp.datum);
    if (TIMESTAMP_IS_NOEND(at))
        return core::kNever;
    return TIMESTAMP_IS_NOBEGIN(at) ? core::kUnset + 1 : at; // -infinity is long ago, not unset
}

Datum TimestampDatum(core::Instant instant) {
    return TimestampTzGetDatum(instant == core::kNever ? DT_NOEND : instant);
}

core::PartyFacts PartyFactsOf(const SessionRow& row) {
    core::PartyFacts parties;
    parties.owner = ToCore(row.column[kSessionOwner]).id;
    parties.agent = ToCore(row.column[kSessionAgent]);
    parties.workspace = ToCore(row.column[kSessionWorkspace]);
    parties.operator_workspace = ToCore(row.column[kSessionOperatorWorkspace]);
    return parties;
}

core::SessionFacts session_facts(const SessionRow& row, const core::Lifecycle& lifecycle) {
    core::SessionFacts facts;
    facts.state = core::FindState(lifecycle, text_view(row.column[kSessionState].datum));
    if (facts.state == core::kNone)
        ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("a session is in a state that its lifecycle lacks"),
                        errdetail("It is the session %s, in the state \"%s\".",
                                  DatumGetCString(DirectFunctionCall1(uuid_out, row.column[kSessionId].datum)),
                                  TextDatumGetCString(row.column[kSessionState].datum))));
    if (!row.column[kSessionDeadlineState].null)
        facts.deadline_state = core::FindState(lifecycle, text_view(row.column[kSessionDeadlineState].datum));
    facts.version = DatumGetInt64(row.column[kSessionVersion].datum);
    facts.created_at = InstantOf(row.column[kSessionCreatedAt]);
    facts.updated_at = InstantOf(row.column[kSessionUpdatedAt]);
    facts.entered_at = InstantOf(row.column[kSessionEnteredAt]);
    facts.started_at = InstantOf(row.column[kSessionStartedAt]);
    facts.ended_at = InstantOf(row.column[kSessionEndedAt]);
    facts.used_at = InstantOf(row.column[kSessionUsedAt]);
    facts.deadline = InstantOf(row.column[kSessionDeadline]);
    facts.metered = DatumGetInt64(row.column[kSessionMetered].datum);

    JsonNode marks = JsonNode::of_datum(row.column[kSessionMarks].datum);
    for (int i = 0; i < lifecycle.mark_count; ++i)
        if (marks.Member(lifecycle.marks[i].View()).Present())
            facts.marks |= core::MarkBit(i);

    if (!row.column[kSessionTimers].null) {
        JsonNode settings = JsonNode::of_datum(row.column[kSessionTimers].datum);
        for (int i = 0; i < lifecycle.timer_count; ++i) {
            JsonNode seconds = settings.Member(lifecycle.timers[i].parameter.View());
            if (seconds.IsNumber())
                facts.settings[i] =
                    DatumGetInt64(DirectFunctionCall1(numeric_int8, NumericGetDatum(seconds.Number()))) * core::kSecond;
        }
    }
    return facts;
}

Loaded load(const Identity& identity, const Wanted& wanted, core::Instant now, Snapshots snapshots) {
    Parameters parameters;
    parameters.Add(identity.tenant);
    parameters.Add(identity.principal);
    wanted.session != nullptr ? parameters.Add(*wanted.session) : parameters.AddNull();
    wanted.workspace != nullptr ? parameters.Add(*wanted.workspace) : parameters.AddNull();
    parameters.Add(BoolGetDatum(wanted.workspace_slug));
    if (identity.kind == IdentityKind::mapped_role)
        parameters.Add(ObjectIdGetDatum(identity.role));
    else if (identity.kind != IdentityKind::act_as)
        parameters.Add(identity.credential);

    Loaded loaded;
    Statement& statement = load_statement(identity.kind);
    uint64 rows = snapshots == Snapshots::latest ? run_latest(statement, parameters) : run(statement, parameters);
    if (rows == 0)
        return loaded;
    loaded.caller_found = true;

    loaded.caller.principal = ToCore(identity.principal);
    loaded.caller.kind = core::KindOf(text_view(result_value(0, kPrincipalKind).datum));
    loaded.caller.role = core::RoleOf(text_view(result_value(0, kPrincipalRole).datum));
    loaded.caller.bound_workspace = ToCore(result_value(0, kBoundWorkspace));
    Value is_operator = result_value(0, kBoundIsOperator);
    loaded.caller.bound_is_operator = !is_operator.null && DatumGetBool(is_operator.datum);
    loaded.caller.bound_role = core::RoleOf(text_or_empty(result_value(0, kBoundRole)));
    loaded.caller.workspace_role = core::RoleOf(text_or_empty(result_value(0, kWorkspaceRole)));
    loaded.caller.operator_workspace_role = core::RoleOf(text_or_empty(result_value(0, kOperatorWorkspaceRole)));
    loaded.grants.principal = text_views(result_value(0, kPrincipalScopes));
    loaded.grants.credential = text_views(result_value(0, kCredentialScopes));
    loaded.grants.limited = !result_value(0, kCredentialScopes).null;

    loaded.session = session_row(0, kLoadedSession);
    loaded.session_found = !loaded.session.column[kSessionId].null;
    loaded.workspace_slug = result_value(0, kWorkspaceSlug);
    if (loaded.session_found) {
        loaded.written_by = DatumGetTransactionId(result_value(0, kLoadedRowWrittenBy).datum);
        loaded.version = {DatumGetInt32(result_value(0, kLoadedRevision).datum),
                          DatumGetTransactionId(result_value(0, kLoadedWrittenBy).datum)};
    }

    if (text_view(result_value(0, kTenantStatus).datum) != "active")
        loaded.refusal = core::Refusal::tenant_suspended;
    if (loaded.refusal == core::Refusal::none)
        loaded.refusal = StatusRefusal(text_view(result_value(0, kPrincipalStatus).datum));

    if (identity.kind == IdentityKind::api_key) {
        if (InstantOf(result_value(0, kKeyRevokedAt)) != core::kUnset &&
            InstantOf(result_value(0, kKeyRevokedAt)) <= now)
            loaded.refusal = core::Refusal::key_revoked;
        else if (InstantOf(result_value(0, kKeyExpiresAt)) != core::kUnset &&
                 InstantOf(result_value(0, kKeyExpiresAt)) <= now)
            loaded.refusal = core::Refusal::key_expired;
        core::Instant last_used = InstantOf(result_value(0, kKeyLastUsedAt));
        loaded.key_used_lately = last_used != core::kUnset && now - last_used < 60 * core::kSecond;
    } else if (identity.kind == IdentityKind::jwt) {
        add_token_scopes(identity.scopes, &loaded.grants);
        if (identity.expires_at <= now)
            loaded.refusal = core::Refusal::jwt_expired;
    } else if (identity.kind == IdentityKind::session_token) {
        Value owner = result_value(0, int{kTokenSession} + int{kSessionOwner});
        if (memcmp(DatumGetUUIDP(owner.datum)->data, identity.principal.data, UUID_LEN) != 0)
            loaded.acting_for = owner;
        loaded.refusal = token_refusal(&loaded, now);
    }
    return loaded;
}

} // namespace curfew
