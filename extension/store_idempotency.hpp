// Statements about idempotency keys.
#pragma once

#include "core/decide.hpp"
#include "store.hpp"

namespace curfew {

// A key, of the principal that uses it.
struct KeyName {
    pg_uuid_t tenant = {};
    pg_uuid_t principal = {};
    Datum key = 0; // text
};

// What is kept of the request that used a key first.
struct KeptRequest {
    Datum digest;               // bytea
    Value answer;               // jsonb; null: it is not answered yet
    Value salt;                 // bytea
};

// Claims the key for a request until `expires_at`. Where another transaction is claiming it, this waits for the end of
// that one. False: it was claimed before, and `kept` tells by which request. From REPEATABLE READ up a claim that was
// committed meanwhile is PostgreSQL's 40001.
bool claim_key(const KeyName& name, Datum digest, core::Instant now, core::Instant expires_at, KeptRequest* kept);

// Keeps the answer to the request that claimed the key, with the salt that its secrets were derived with.
void keep_answer_of(const KeyName& name, Datum answer, const Value& salt);

// What the answer's jsonb tells, as the columns of a row of that type, or as one value of a type.
void read_answer(Datum answer, TupleDesc row, Value* columns, int count);
Value read_answer(Datum answer, Oid type);

// Takes away up to `most` keys that had expired by `now`. What somebody has locked is left for the next time.
void delete_expired_keys(TimestampTz now, int most);

} // namespace curfew
