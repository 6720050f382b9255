#include "refusal_log.hpp"

#include "server_settings.hpp"

extern "C" {
#include "lib/stringinfo.h"
#include "storage/ipc.h"
}

namespace curfew {
namespace {

// A refusal that was logged; its count is of the repeats that were not.
struct Logged {
    KeptRefusal refusal;
    TimestampTz window_end; // 0: free
};

constexpr int kRemembered = 16;
Logged remembered[kRemembered];

void append_uuid(StringInfo line, const char* name, const pg_uuid_t& id) {
    if (!IsNil(id))
        appendStringInfo(line, " %s=%s", name,
                         DatumGetCString(DirectFunctionCall1(uuid_out, UUIDPGetDatum(const_cast<pg_uuid_t*>(&id)))));
}

// What a caller sent must not look like another line or another field.
void append_word(StringInfo line, const char* name, const char* word) {
    if (word[0] == '\0')
        return;
    appendStringInfo(line, " %s=", name);
    for (; *word != '\0'; ++word)
        appendStringInfoChar(line, static_cast<unsigned char>(*word) <= ' ' || *word == 0x7f ? '?' : *word);
}

void write_line(const KeptRefusal& refusal, int64 repeats) {
    const core::RefusalText& text = core::TextOf(static_cast<core::Refusal>(refusal.key.reason));
    StringInfoData line;
    initStringInfo(&line);
    append_uuid(&line, "tenant", refusal.key.tenant);
    append_uuid(&line, "actor", refusal.key.actor);
    append_uuid(&line, "on_behalf_of", refusal.facts.on_behalf_of);
    append_uuid(&line, "session", refusal.key.session);
    append_word(&line, "action", refusal.key.action);
    append_word(&line, "via", refusal.facts.via);
    append_word(&line, "request_id", refusal.facts.request_id);
    if (repeats > 0)
        appendStringInfo(&line, " repeats=" INT64_FORMAT, repeats);
    ereport(LOG_SERVER_ONLY, (errmsg_internal("curfew: refused: reason=%s%s", text.word.data(), line.data),
                              errhidestmt(true), errhidecontext(true)));
    pfree(line.data);
}

void write_repeats(Logged* logged) {
    if (logged->window_end != 0 && logged->refusal.count > 0)
        write_line(logged->refusal, logged->refusal.count);
    logged->window_end = 0;
}

void at_exit(int, Datum) {
    for (Logged& logged : remembered)
        write_repeats(&logged);
}

} // namespace

void log_refusal(const KeptRefusal& refusal) {
    static bool registered = false;
    if (!registered) {
        before_shmem_exit(at_exit, 0);
        registered = true;
    }

    Logged* place = &remembered[0];
    for (Logged& logged : remembered) {
        if (logged.window_end != 0 && memcmp(&logged.refusal.key, &refusal.key, sizeof(RefusalKey)) == 0) {
            if (refusal.last < logged.window_end) {
                ++logged.refusal.count;
                return;
            }
            place = &logged;
            break;
        }
        if (logged.window_end < place->window_end)
            place = &logged; // the one that was logged longest ago
    }
    write_repeats(place);
    write_line(refusal, 0);
    place->refusal = refusal;
    place->refusal.count = 0;
    place->window_end = refusal.last + RefusalWindow();
}

} // namespace curfew
