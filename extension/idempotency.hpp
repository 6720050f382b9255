// Idempotency keys: a call with a key has its effect once, and a repeat gets the first answer. Every function that
// changes something takes the key as its last argument:
//
//     Once once = begin_idempotent(fcinfo);
//     … check who calls, and that he may …
//     if (once.repeated)
//         return kept_answer(fcinfo, once, store);
//     … do it …
//     keep_answer(fcinfo, once, result);
#pragma once

#include "function.hpp"
#include "secrets.hpp"
#include "store_idempotency.hpp"

namespace curfew {

// A call, with a key or without.
struct Once {
    bool keyed = false;
    bool repeated = false;       // the key's request was answered before
    KeyName name;
    Value answer = {0, true};    // with `repeated`: jsonb
    bool has_salt = false;       // what secrets of the answer are derived with
    uint8 salt[kSaltSize] = {};
    bool derived = false;        // some secret was derived, so the salt is to be kept
};

// Claims the key in the call's last argument for the caller; null claims nothing. The claim ends with the transaction if
// that is rolled back. Where another transaction is about to answer the same key, this waits for it, so what the call goes
// by is to be read after this. The caller's standing is checked by the function, not here.
// Errors: SL401 no_identity, SL422 value_out_of_range, unknown_value, idempotency_key_reused; 40001 from REPEATABLE READ up.
Once begin_idempotent(FunctionCallInfo fcinfo);

// The first answer, as the result of the function, whose store this closes. The caller is one who still may act: SL401,
// SL403.
Datum kept_answer(FunctionCallInfo fcinfo, const Once& once, const Store& store);

// The columns of the first answer, for functions that add secrets to them.
void kept_columns(FunctionCallInfo fcinfo, const Once& once, Value* columns, int count);

// Keeps the function's result as the answer. It has no secret: columns that are to be derived again are null in it.
void keep_answer(FunctionCallInfo fcinfo, const Once& once, Datum result);

// Takes the action under the call's key, or repeats what was answered to it, as the function's result; closes the store.
// Errors: those of begin_idempotent() and act().
Datum act_once(FunctionCallInfo fcinfo, const Store& store, const ActionRequest& request);

// `kHmacSize` bytes that only the holder of the presented API key gets again, from the salt of the answer; false where
// there is no key or no salt, and the secret has to be random.
bool derive_secret(Once* once, char label, uint8* result);

} // namespace curfew
