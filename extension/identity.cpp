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

// What was told of a request, and the subtransaction whose rollback takes it back.
template <int size> struct Told {
    char text[size] = "";
    SubTransactionId subtransaction = InvalidSubTransactionId;
};
Told<kTraceparentSize> told_traceparent;
Told<kRequestIdSize> told_request_id;

void CopyText(char* to, int size, std::string_view text) {
    int length = pg_mbcliplen(text.data(), static_cast<int>(text.size()), size - 1);
    memcpy(to, text.data(), length);
    to[length] = '\0';
}

template <int size> void Tell(Told<size>* told, std::string_view text) {
    CopyText(told->text, size, text);
    told->subtransaction = GetCurrentSubTransactionId();
}

// Whether a subtransaction's end took back what was told.
template <int size> bool EndTold(Told<size>* told, bool aborts, SubTransactionId mine, SubTransactionId parent) {
    if (told->subtransaction != mine)
        return false;
    told->subtransaction = parent;
    if (aborts)
        told->text[0] = '\0';
    return aborts;
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
        told_traceparent = {};
        told_request_id = {};
        break;
    default:
        break;
    }
}

void on_subtransaction_end(SubXactEvent event, SubTransactionId mine, SubTransactionId parent, void*) {
    if (event == SUBXACT_EVENT_ABORT_SUB) {
        while (top != nullptr && top->subtransaction == mine)
            Pop();
    } else if (event == SUBXACT_EVENT_COMMIT_SUB) {
        for (Entry* entry = top; entry != nullptr && entry->subtransaction == mine; entry = entry->below)
            entry->subtransaction = parent;
    } else {
        return;
    }
    const bool aborts = event == SUBXACT_EVENT_ABORT_SUB;
    EndTold(&told_traceparent, aborts, mine, parent);
    if (EndTold(&told_request_id, aborts, mine, parent) && top != nullptr)
        CopyText(told_request_id.text, kRequestIdSize, top->identity.request_id); // the one that goes on
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
    return caller != nullptr ? caller->traceparent : told_traceparent.text;
}

void TellTraceparent(const Identity& identity) { Tell(&told_traceparent, identity.traceparent); }

const char* TransactionRequestId() { return told_request_id.text; }

void TellRequestId(std::string_view request_id) { Tell(&told_request_id, request_id); }

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
