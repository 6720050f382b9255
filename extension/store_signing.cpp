#include "store_signing.hpp"

#include "directory_watch.hpp"
#include "secrets.hpp"

namespace curfew {
namespace {

uint8 kept[kSigningKeySize];
uint64 kept_generation = 0;

const uint8* key_bytes(Datum key) { return reinterpret_cast<const uint8*>(VARDATA_ANY(DatumGetByteaPP(key))); }

} // namespace

const uint8* KnownSigningKey() { return kept_generation == DirectoryGeneration() ? kept : nullptr; }

const uint8* signing_key() {
    static Statement read = {"SELECT key FROM curfew.signing_key", {}};
    static Statement make = {"INSERT INTO curfew.signing_key (key) VALUES ($1) ON CONFLICT DO NOTHING", {BYTEAOID}};
    uint64 generation = directory_generation();
    if (const uint8* known = KnownSigningKey())
        return known;
    while (run_latest(read, Parameters{}) == 0) {
        uint8 bytes[kSigningKeySize];
        fill_random(bytes, kSigningKeySize);
        Parameters parameters;
        parameters.Add(bytea_datum(bytes, kSigningKeySize));
        if (run(make, parameters) > 0)
            return key_bytes(parameters.values[0]);
    }
    const uint8* key = key_bytes(result_value(0, 0).datum);
    if (may_keep_directory()) {
        memcpy(kept, key, kSigningKeySize);
        kept_generation = generation;
    }
    return key;
}

} // namespace curfew
