#include "identity.hpp"

#include "core/traceparent.hpp"

namespace curfew {
namespace {

// A stack by subtransaction, in the transaction's memory.
struct Entry {
    Identity identity;
    bool has_proof;
    KeyProof proof;
    SubTransactionId subtransaction;
    Entry* below;
};

Entry* top = nullptr;
Identity mapping; // kind none: nothing remembered

// The same of what was told of requests: each has what the one below told, until more is told.
struct Told {
    char traceparent[kTraceparentSize] = "";
    char request_id[kRequestIdSize] = "";
    SubTransactionId subtransaction = InvalidSubTransactionId;
    Told* below = nullptr;
};

Told* told = nullptr;

void CopyText(char* to, int size, std::string_view text) {
    int length = pg_mbcliplen(text.data(), static_cast<int>(text.size()), size - 1);
    memcpy(to, text.data(), length);
    to[length] = '\0';
}

// What this subtransaction tells.
Told* OwnTold() {
    SubTransactionId mine = GetCurrentSubTransactionId();
    if (told == nullptr || told->subtransaction != mine) {
        Told* own = static_cast<Told*>(MemoryContextAlloc(TopTransactionContext, sizeof(Told)));
        *own = told != nullptr ? *told : Told{};
        own->subtransaction = mine;
        own->below = told;
        told = own;
    }
    return told;
}

void Pop() {
    explicit_bzero(&top->proof, sizeof top->proof);
    top = top->below;
}

void on_transaction_end(XactEvent event, void*) {
    switch (event) {
    case XACT_EVENT_COMMIT:
    case XACT_EVENT_PARALLEL_COMMIT:
    case XACT_EVENT_ABORT:
    case XACT_EVENT_PARALLEL_ABORT:
    case XACT_EVENT_PREPARE:
        while (top != nullptr)
            Pop();
        told = nullptr;
        break;
    default:
        break;
    }
}

void on_subtransaction_end(SubXactEvent event, SubTransactionId mine, SubTransactionId parent, void*) {
    if (event == SUBXACT_EVENT_ABORT_SUB) {
        while (top != nullptr && top->subtransaction == mine)
            Pop();
        while (told != nullptr && told->subtransaction == mine)
            told = told->below;
    } else if (event == SUBXACT_EVENT_COMMIT_SUB) {
        for (Entry* entry = top; entry != nullptr && entry->subtransaction == mine; entry = entry->below)
            entry->subtransaction = parent;
        for (Told* each = told; each != nullptr && each->subtransaction == mine; each = each->below)
            each->subtransaction = parent;
    }
}

} // namespace

void set_request(Identity* identity, std::string_view via, std::string_view request_id, std::string_view traceparent) {
    if (!via.empty())
        CopyText(identity->via, kViaSize, via);
    CopyText(identity->request_id, kRequestIdSize, request_id);
    if (core::IsTraceparent(traceparent)) // any other is as good as none, as the standard has it
        CopyText(identity->traceparent, kTraceparentSize, traceparent);
}

const char* TransactionTraceparent() {
    const Identity* caller = TransactionIdentity();
    if (caller != nullptr)
        return caller->traceparent;
    return told != nullptr ? told->traceparent : "";
}

void TellTraceparent(const Identity& identity) { memcpy(OwnTold()->traceparent, identity.traceparent, kTraceparentSize); }

const char* TransactionRequestId() { return told != nullptr ? told->request_id : ""; }

void TellRequestId(std::string_view request_id) { CopyText(OwnTold()->request_id, kRequestIdSize, request_id); }

const Identity* TransactionIdentity() {
    if (top == nullptr)
        return nullptr;
    bool borrowed = top->identity.kind == IdentityKind::act_as && top->identity.role != GetUserId();
    return borrowed ? nullptr : &top->identity;
}

const KeyProof* TransactionKeyProof() {
    return TransactionIdentity() != nullptr && top->has_proof ? &top->proof : nullptr;
}

void set_transaction_identity(const Identity& identity, const KeyProof* proof) {
    SubTransactionId mine = GetCurrentSubTransactionId();
    if (top == nullptr || top->subtransaction != mine) {
        Entry* entry = static_cast<Entry*>(MemoryContextAlloc(TopTransactionContext, sizeof(Entry)));
        entry->subtransaction = mine;
        entry->below = top;
        top = entry;
    }
    top->identity = identity;
    top->has_proof = proof != nullptr;
    top->proof = proof != nullptr ? *proof : KeyProof{};
}

const Identity* RememberedMapping(Oid role) {
    return mapping.kind == IdentityKind::mapped_role && mapping.role == role ? &mapping : nullptr;
}

void RememberMapping(const Identity& identity) { mapping = identity; }

void ForgetMapping() { mapping.kind = IdentityKind::none; }

void register_identity_callbacks() {
    RegisterXactCallback(on_transaction_end, nullptr);
    RegisterSubXactCallback(on_subtransaction_end, nullptr);
}

} // namespace curfew
