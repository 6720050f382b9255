// SQL-callable: refreshing tokens, and whether the caller's session is still live.
#include "function.hpp"

#include "errors.hpp"
#include "forced_ending.hpp"
#include "lifecycle_cache.hpp"
#include "secrets.hpp"
#include "store_token.hpp"

extern "C" {
#include <openssl/evp.h>
#include <openssl/hmac.h>
}

using namespace curfew;

namespace {

// A pair of tokens as text, and their digests.
struct Pair {
    char access[2 * kTokenSize], refresh[2 * kTokenSize];
    Datum access_digest, refresh_digest;
};

// One token: the tenant's tag, then an HMAC of salt and label under the presented token. Whoever lacks the presented
// token cannot derive it, whatever he reads in the database.
Datum derive(const uint8* presented, const uint8* salt, char label, char* text) {
    uint8 message[kSaltSize + 1], bytes[EVP_MAX_MD_SIZE + kTagSize];
    memcpy(message, salt, kSaltSize);
    message[kSaltSize] = static_cast<uint8>(label);
    unsigned int length = 0;
    if (HMAC(EVP_sha256(), presented, kTokenSize, message, sizeof message, bytes + kTagSize, &length) == nullptr)
        ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not derive a token")));
    memcpy(bytes, presented, kTagSize);
    HexText(bytes, kTokenSize, text);
    return digest_datum({reinterpret_cast<const char*>(bytes), kTokenSize});
}

Pair derive_pair(std::string_view presented, const uint8* salt) {
    uint8 bytes[kTokenSize];
    HexBytes(presented, bytes, kTokenSize);
    Pair pair;
    pair.access_digest = derive(bytes, salt, 'a', pair.access);
    pair.refresh_digest = derive(bytes, salt, 'r', pair.refresh);
    return pair;
}

// Ends the session whose refresh token came a second time; false when it was changed meanwhile.
bool end_stolen(const FoundToken& found, const core::Lifecycle& lifecycle, core::Instant now, AuditNote note) {
    note.reason = {CStringGetTextDatum("a refresh token was used a second time"), false};
    note.details = {DirectFunctionCall1(jsonb_in, CStringGetDatum("{\"cause\": \"refresh_token_reused\"}")), false};
    Change change;
    if (!forced_ending(found.session, found.written_by, lifecycle, now, note, &change))
        return true; // it has ended already
    SessionRow row;
    return write_change(found.identity.tenant, change, &row);
}

} // namespace

// refresh_session(refresh_token text, session_id uuid) returns (session_id uuid, token text, refresh_token text,
// expires_at timestamptz, refused text)
CURFEW_FUNCTION(refresh_session) {
    Store store = open_store(fcinfo);
    std::string_view presented = required_text(fcinfo, 0, "refresh_token");
    core::Instant now = GetCurrentTimestamp();
    FoundToken found;
    if (!lock_refresh_token(presented, &found))
        raise_refusal(core::Refusal::invalid_credential, "refresh_token");
    if (!PG_ARGISNULL(1) && memcmp(PG_GETARG_UUID_P(1)->data, found.identity.credential.data, UUID_LEN) != 0)
        raise_refusal(core::Refusal::session_not_found, "session_id");
    if (found.refusal != core::Refusal::none)
        raise_refusal(found.refusal);
    const core::Lifecycle& lifecycle =
        compiled_lifecycle(text_view(found.session.column[kSessionLifecycle].datum), found.version);
    core::SessionFacts facts = session_facts(found.session, lifecycle);
    if (!lifecycle.states[core::PresentOf(lifecycle, facts, now).state].live)
        raise_refusal(core::Refusal::session_not_live);

    const Identity* caller = TransactionIdentity();
    AuditNote note;
    note.identity = caller != nullptr ? caller : &found.identity;
    note.db_role = GetUserId();

    constexpr Value kNull = {0, true};
    Value columns[] = {found.session.column[kSessionId], kNull, kNull,
                       {TimestampDatum(facts.deadline), facts.deadline == core::kNever}, kNull};
    Pair pair;
    bool given = false;
    if (found.used_at.null) {
        TokenLookup lookup;
        token_lookup(presented, &lookup);
        uint8 salt[kSaltSize];
        fill_random(salt, kSaltSize);
        pair = derive_pair(presented, salt);
        note.event = psprintf("%s.refresh", TextDatumGetCString(found.session.column[kSessionLifecycle].datum));
        note.action = "refresh";
        write_rotation(found,
                       {lookup.digest, pair.access_digest, pair.refresh_digest,
                        bytea_datum(salt, kSaltSize), now, now - lifecycle.refresh_grace},
                       note);
        given = true;
    } else if (!found.salt.null && now - DatumGetTimestampTz(found.used_at.datum) <= lifecycle.refresh_grace) {
        bytea* salt = DatumGetByteaPP(found.salt.datum);
        pair = derive_pair(presented, reinterpret_cast<const uint8*>(VARDATA_ANY(salt)));
        given = is_unused(found.identity.tenant, pair.refresh_digest);
    }
    if (given) {
        columns[1] = {text_datum({pair.access, sizeof pair.access}), false};
        columns[2] = {text_datum({pair.refresh, sizeof pair.refresh}), false};
    } else {
        // An answer, not an error: an error would undo the ending.
        while (!end_stolen(found, lifecycle, now, note) && lock_refresh_token(presented, &found))
            CHECK_FOR_INTERRUPTS();
        columns[4] = {CStringGetTextDatum("refresh_token_reused"), false};
    }
    Datum result = composite_result(fcinfo, columns, lengthof(columns));
    close_store(store);
    return result;
}

// session_is_live() returns boolean: whether the caller came with a session's token and still may
CURFEW_FUNCTION(session_is_live) {
    Store store = open_store(fcinfo);
    const Identity* identity = TransactionIdentity();
    bool live = false;
    if (identity != nullptr && identity->kind == IdentityKind::session_token) {
        Loaded loaded = load(*identity, {}, GetCurrentTimestamp());
        live = loaded.caller_found && loaded.refusal == core::Refusal::none;
    }
    close_store(store);
    PG_RETURN_BOOL(live);
}
