#include "uses.hpp"

#include "store.hpp"
#include "store_use.hpp"

namespace curfew {
namespace {

struct NotedUse {
    SessionUse use;
    SubTransactionId subtransaction;
};

NotedUse noted[kMostUses];
int noted_count = 0;
Oid owner = InvalidOid; // the extension's, as whom they are written

// The commit must not fail for a use, nor wait for one. So a cancellation waits for the end of this, and every lock that
// is not to be had at once is left alone, with the use. A deferred trigger that somebody added to curfew.session has had
// its time already: for this write it does not fire.
void write_uses() {
    if (noted_count == 0)
        return;
    int count = noted_count;
    noted_count = 0;
    if (XactReadOnly || IsolationUsesXactSnapshot())
        return;
    HOLD_INTERRUPTS();
    if (lock_for_uses()) {
        PushActiveSnapshot(GetTransactionSnapshot());
        Store store = open_store_as(owner);
        for (int i = 0; i < count; ++i)
            write_use(noted[i].use);
        close_store(store);
        PopActiveSnapshot();
    }
    RESUME_INTERRUPTS();
}

void on_transaction_end(XactEvent event, void*) {
    switch (event) {
    case XACT_EVENT_PRE_COMMIT:
        write_uses();
        break;
    case XACT_EVENT_COMMIT:
    case XACT_EVENT_ABORT:
    case XACT_EVENT_PRE_PREPARE: // a prepared transaction keeps its locks for as long as it likes
        noted_count = 0;
        break;
    default:
        break;
    }
}

void on_subtransaction_end(SubXactEvent event, SubTransactionId mine, SubTransactionId parent, void*) {
    if (event == SUBXACT_EVENT_ABORT_SUB) {
        while (noted_count > 0 && noted[noted_count - 1].subtransaction == mine)
            --noted_count;
    } else if (event == SUBXACT_EVENT_COMMIT_SUB) {
        for (int i = noted_count; i > 0 && noted[i - 1].subtransaction == mine; --i)
            noted[i - 1].subtransaction = parent;
    }
}

} // namespace

void note_use(const pg_uuid_t& tenant, const pg_uuid_t& session, core::Instant at) {
    if (XactReadOnly || IsolationUsesXactSnapshot())
        return;
    SubTransactionId mine = GetCurrentSubTransactionId();
    int i = 0;
    while (i < noted_count && (noted[i].subtransaction != mine ||
                               memcmp(noted[i].use.session.data, session.data, UUID_LEN) != 0))
        ++i;
    if (i == kMostUses)
        return;
    noted_count = Max(noted_count, i + 1);
    noted[i] = {{tenant, session, at}, mine};
    owner = store_owner();
}

void register_use_callbacks() {
    RegisterXactCallback(on_transaction_end, nullptr);
    RegisterSubXactCallback(on_subtransaction_end, nullptr);
}

} // namespace curfew
