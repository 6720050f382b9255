// SQL-callable: refreshing tokens, and whether the caller's session is still live.
#include "function.hpp"

#include "errors.hpp"
#include "forced_ending.hpp"
#include "lifecycle_cache.hpp"
#include "secrets.hpp"
#include "server_settings.hpp"
#include "store_token.hpp"
#include "uses.hpp"

using namespace curfew;

namespace {

// A pair of tokens as text, and their digests.
struct Pair {
    Value access, refresh;
    Value access_digest, refresh_digest;
};

// The pair that follows a presented token. Whoever lacks that token cannot derive it, whatever he reads in the database.
Pair derive_pair(std::string_view presented, const uint8* salt) {
    uint8 bytes[kTokenSize], derived[kHmacSize];
    HexBytes(presented, bytes, kTokenSize);
    std::string_view secret = {reinterpret_cast<const char*>(bytes), kTokenSize};
    Pair pair;
    derive(secret, salt, 'a', derived);
    pair.access = token_text(bytes, derived, &pair.access_digest);
    derive(secret, salt, 'r', derived);
    pair.refresh = token_text(bytes, derived, &pair.refresh_digest);
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

// refresh_session(refresh_token text, session_id uuid, via text, request_id text, traceparent text)
// returns (session_id uuid, token text, refresh_token text, expires_at timestamptz, refused text)
CURFEW_FUNCTION(refresh_session) {
    if (!PG_ARGISNULL(3))
        TellRequestId(text_argument(fcinfo, 3));
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
    Identity bearer = found.identity;
    set_request(&bearer, text_argument(fcinfo, 2), text_argument(fcinfo, 3), text_argument(fcinfo, 4));
    TellTraceparent(bearer);
    AuditNote note;
    note.identity = caller != nullptr ? caller : &bearer;
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
                       {lookup.digest, pair.access_digest.datum, pair.refresh_digest.datum,
                        bytea_datum(salt, kSaltSize), now, now - lifecycle.refresh_grace},
                       note);
        given = true;
    } else if (!found.salt.null && now - DatumGetTimestampTz(found.used_at.datum) <= lifecycle.refresh_grace) {
        bytea* salt = DatumGetByteaPP(found.salt.datum);
        pair = derive_pair(presented, reinterpret_cast<const uint8*>(VARDATA_ANY(salt)));
        given = is_unused(found.identity.tenant, pair.refresh_digest.datum);
    }
    if (given) {
        if (core::UseIsDue(lifecycle, facts, now, now, UseGranularity()))
            note_use(found.identity.tenant, found.identity.credential, now);
        columns[1] = pair.access;
        columns[2] = pair.refresh;
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
