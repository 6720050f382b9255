#include "store_signing.hpp"

#include "secrets.hpp"

namespace curfew {

const uint8* signing_key() {
    static Statement read = {"SELECT key FROM curfew.signing_key", {}};
    static Statement make = {"INSERT INTO curfew.signing_key (key) VALUES ($1) ON CONFLICT DO NOTHING", {BYTEAOID}};
    while (run_latest(read, Parameters{}) == 0) {
        uint8 bytes[kSigningKeySize];
        fill_random(bytes, kSigningKeySize);
        Parameters parameters;
        parameters.Add(bytea_datum(bytes, kSigningKeySize));
        if (run(make, parameters) > 0)
            return reinterpret_cast<const uint8*>(VARDATA(DatumGetPointer(parameters.values[0])));
    }
    return reinterpret_cast<const uint8*>(VARDATA_ANY(DatumGetByteaPP(result_value(0, 0).datum)));
}

} // namespace curfew
