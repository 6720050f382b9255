#include "standing_cache.hpp"

#include "directory_watch.hpp"
#include "secrets.hpp"

namespace curfew {
namespace {

constexpr long kMost = 4096; // of each kind; then all are forgotten

struct KeptStanding {
    StandingKey key;
    Standing standing;
};

struct DigestKey {
    uint8 bytes[kDigestSize];
};

struct KeptKey {
    DigestKey digest;
    pg_uuid_t tenant, principal, id;
};

MemoryContext memory = nullptr;
HTAB* standings = nullptr;
HTAB* keys = nullptr;
uint64 kept_generation = 0;

HTAB* make_table(const char* name, Size key, Size entry) {
    HASHCTL control;
    control.keysize = key;
    control.entrysize = entry;
    control.hcxt = memory;
    return hash_create(name, 64, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

void begin_anew(uint64 generation) {
    kept_generation = 0;
    if (memory == nullptr)
        memory = AllocSetContextCreate(TopMemoryContext, "curfew directory", ALLOCSET_DEFAULT_SIZES);
    MemoryContextReset(memory);
    standings = make_table("curfew standings", sizeof(StandingKey), sizeof(KeptStanding));
    keys = make_table("curfew keys", sizeof(DigestKey), sizeof(KeptKey));
    kept_generation = generation;
}

// Makes room in a table of what is kept. False when what was read under that generation may not be kept.
bool has_room(HTAB* const* table, uint64 generation) {
    if (!may_keep_directory() || generation != DirectoryGeneration())
        return false;
    if (kept_generation != generation || hash_get_num_entries(*table) >= kMost)
        begin_anew(generation);
    return true;
}

Value copied(const Value& array) {
    return array.null ? array : Value{PointerGetDatum(PG_DETOAST_DATUM_COPY(array.datum)), false};
}

Value kept(const Value& array) {
    MemoryContext outer = MemoryContextSwitchTo(memory);
    Value copy = copied(array);
    MemoryContextSwitchTo(outer);
    return copy;
}

DigestKey key_of(Datum digest) {
    DigestKey key;
    memcpy(key.bytes, VARDATA_ANY(DatumGetByteaPP(digest)), kDigestSize);
    return key;
}

} // namespace

bool find_standing(const StandingKey& key, uint64 generation, Standing* standing) {
    if (kept_generation != generation)
        return false;
    const KeptStanding* found = static_cast<KeptStanding*>(hash_search(standings, &key, HASH_FIND, nullptr));
    if (found == nullptr)
        return false;
    *standing = found->standing;
    standing->scopes = copied(standing->scopes);
    standing->key_scopes = copied(standing->key_scopes);
    return true;
}

void keep_standing(const StandingKey& key, uint64 generation, const Standing& standing) {
    if (!has_room(&standings, generation))
        return;
    Standing lasting = standing;
    lasting.scopes = kept(standing.scopes);
    lasting.key_scopes = kept(standing.key_scopes);
    bool found;
    KeptStanding* entry = static_cast<KeptStanding*>(hash_search(standings, &key, HASH_ENTER, &found));
    if (found) { // its last use was read anew
        if (!entry->standing.scopes.null)
            pfree(DatumGetPointer(entry->standing.scopes.datum));
        if (!entry->standing.key_scopes.null)
            pfree(DatumGetPointer(entry->standing.key_scopes.datum));
    }
    entry->standing = lasting;
}

bool find_kept_key(Datum digest, uint64 generation, Identity* identity) {
    if (kept_generation != generation)
        return false;
    DigestKey key = key_of(digest);
    const KeptKey* found = static_cast<KeptKey*>(hash_search(keys, &key, HASH_FIND, nullptr));
    if (found == nullptr)
        return false;
    identity->tenant = found->tenant;
    identity->principal = found->principal;
    identity->credential = found->id;
    return true;
}

void keep_key(Datum digest, uint64 generation, const Identity& identity) {
    if (!has_room(&keys, generation))
        return;
    DigestKey key = key_of(digest);
    KeptKey* entry = static_cast<KeptKey*>(hash_search(keys, &key, HASH_ENTER, nullptr));
    entry->tenant = identity.tenant;
    entry->principal = identity.principal;
    entry->id = identity.credential;
}

} // namespace curfew
