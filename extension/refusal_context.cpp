#include "refusal_context.hpp"

#include "refusal_log.hpp"
#include "refusal_ring.hpp"
#include "server_settings.hpp"

extern "C" {
#include "access/xlog.h"
#include "commands/dbcommands.h"
}

namespace curfew {
namespace {

struct Attempt {
    bool known;
    Identity identity;
    pg_uuid_t on_behalf_of;
    pg_uuid_t session;
    core::Name lifecycle;
    core::Name action;
    core::Name relation;
    core::Name from_state;
};
static_assert(std::is_trivially_destructible_v<Attempt>);

Attempt attempt = {};

void forget(void*) { attempt.known = false; }

void Copy(char* to, std::size_t size, std::string_view text) {
    std::size_t length = Min(text.size(), size - 1);
    memcpy(to, text.data(), length);
    to[length] = '\0';
}

KeptRefusal Describe(core::Refusal refusal) {
    KeptRefusal kept;
    memset(static_cast<void*>(&kept), 0, sizeof kept);
    kept.key.database = MyDatabaseId;
    kept.key.reason = static_cast<int32>(refusal);
    kept.key.tenant = attempt.identity.tenant;
    kept.key.actor = attempt.identity.principal;
    kept.key.session = attempt.session;
    Copy(kept.key.action, kNameSize, attempt.action.View());
    kept.facts.at = kept.last = GetCurrentTimestamp();
    kept.facts.on_behalf_of = attempt.on_behalf_of;
    kept.facts.db_role = GetUserId();
    Copy(kept.facts.lifecycle, kNameSize, attempt.lifecycle.View());
    Copy(kept.facts.relation, sizeof kept.facts.relation, attempt.relation.View());
    Copy(kept.facts.from_state, kNameSize, attempt.from_state.View());
    Copy(kept.facts.via, kViaSize, attempt.identity.via);
    Copy(kept.facts.request_id, kRequestIdSize, attempt.identity.request_id);
    kept.count = 1;
    return kept;
}

// Whether a worker writes down the refusals of this database. Its name stays as long as somebody is connected.
bool has_worker() {
    static NameData name;
    if (!HasRefusalRing() || RecoveryInProgress())
        return false;
    if (NameStr(name)[0] == '\0')
        namestrcpy(&name, get_database_name(MyDatabaseId));
    return database_is_listed(NameStr(name));
}

} // namespace

void note_caller(const Identity& identity, const Value& on_behalf_of, std::string_view action) {
    MemoryContextCallback* callback = static_cast<MemoryContextCallback*>(palloc(sizeof(MemoryContextCallback)));
    callback->func = forget;
    callback->arg = nullptr;
    MemoryContextRegisterResetCallback(CurrentMemoryContext, callback);

    attempt.identity = identity;
    attempt.on_behalf_of = on_behalf_of.null ? pg_uuid_t{} : *DatumGetUUIDP(on_behalf_of.datum);
    attempt.session = {};
    attempt.lifecycle = attempt.relation = attempt.from_state = core::Name();
    attempt.action = core::Name(action);
    attempt.known = true;
}

void note_session(const core::Lifecycle& lifecycle, const SessionRow& row, std::string_view action,
                  std::string_view relation, core::Instant now) {
    core::Present present = core::PresentOf(lifecycle, session_facts(row, lifecycle), now);
    bool is_action = action == kReading || core::FindAction(lifecycle, action) != core::kNone;
    attempt.session = *DatumGetUUIDP(row.column[kSessionId].datum);
    attempt.lifecycle = core::Name(text_view(row.column[kSessionLifecycle].datum));
    attempt.action = core::Name(is_action ? action : std::string_view{});
    attempt.relation = core::Name(relation);
    attempt.from_state = lifecycle.states[present.state].name;
}

void NoteSession(const pg_uuid_t& session) { attempt.session = session; }

bool IsKept(core::Refusal refusal) {
    switch (refusal) {
    case core::Refusal::no_credential:
    case core::Refusal::invalid_credential:
    case core::Refusal::no_identity:
        return false;
    default:
        break;
    }
    int status = core::TextOf(refusal).status;
    return status == 401 || status == 403 || status == 409 || status == 412;
}

void keep_refusal(core::Refusal refusal) {
    if (!IsKept(refusal))
        return;
    // The audit log's own guard has no load before it.
    if (!attempt.known && refusal == core::Refusal::append_only && TransactionIdentity() != nullptr)
        note_caller(*TransactionIdentity(), {0, true}, {});
    if (!attempt.known)
        return;
    KeptRefusal kept = Describe(refusal);
    if (!has_worker() || !CountRefusal(kept))
        log_refusal(kept);
}

} // namespace curfew
