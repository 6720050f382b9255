#include "idempotency.hpp"

#include "errors.hpp"
#include "server_settings.hpp"
#include "store_identity.hpp"

extern "C" {
#include "lib/stringinfo.h"
#include "nodes/makefuncs.h"
#include "utils/fmgroids.h"
}

namespace curfew {
namespace {

constexpr int kLongestKey = 255;
constexpr const char* kArgument = "idempotency_key";

int key_argument(FunctionCallInfo fcinfo) { return fcinfo->nargs - 1; }

// Whose keys the call's are. A mapping that was remembered is looked up anew: it may have changed, and keys are never
// another's.
Identity key_holder() {
    Identity holder;
    if (const Identity* set = TransactionIdentity())
        return *set;
    if (!find_mapping(GetUserId(), &holder))
        raise_refusal(core::Refusal::no_identity, kArgument,
                      "An idempotency key is a principal's, and the database role acts on its own.");
    RememberMapping(holder);
    return holder;
}

// The caller is still the one whose key it is: a database role can be tied to somebody else between two statements.
void check_holder(const Once& once, const Identity& caller) {
    if (memcmp(caller.principal.data, once.name.principal.data, UUID_LEN) != 0 ||
        memcmp(caller.tenant.data, once.name.tenant.data, UUID_LEN) != 0)
        ereport(ERROR, (errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
                        errmsg("the database role was tied to another principal meanwhile"), errhint("Try again.")));
}

// Visible ASCII but for the comma: an HTTP header that came twice is told by it.
bool IsKeyCharacter(char c) { return c > ' ' && c < '\x7f' && c != ','; }

void check_key(std::string_view key) {
    core::Refusal refusal = core::Refusal::none;
    int length = pg_mbstrlen_with_len(key.data(), static_cast<int>(key.size()));
    if (length < 1 || length > kLongestKey)
        refusal = core::Refusal::value_out_of_range;
    for (char c : key)
        if (refusal == core::Refusal::none && !IsKeyCharacter(c))
            refusal = core::Refusal::unknown_value;
    if (refusal == core::Refusal::none)
        return;
    verified_caller(); // who may not act at all is told that, and not what is wrong with his key
    raise_refusal(refusal, kArgument,
                  refusal == core::Refusal::unknown_value
                      ? "It is visible ASCII characters without a comma."
                      : psprintf("It has %d characters; it can have from 1 to %d.", length, kLongestKey));
}

// The SHA-256 of the function's name and of each argument but the key that is not null, with its place.
Datum request_digest(FunctionCallInfo fcinfo) {
    StringInfoData request;
    initStringInfo(&request);
    appendStringInfoString(&request, get_func_name(fcinfo->flinfo->fn_oid));
    Oid* types;
    int count;
    get_func_signature(fcinfo->flinfo->fn_oid, &types, &count);
    for (int i = 0; i < key_argument(fcinfo); ++i) {
        if (PG_ARGISNULL(i))
            continue;
        int16 length;
        bool by_value;
        get_typlenbyval(types[i], &length, &by_value);
        Datum datum = PG_GETARG_DATUM(i);
        const char* bytes = by_value ? reinterpret_cast<const char*>(&datum) : DatumGetPointer(datum);
        int32 size = by_value ? static_cast<int32>(sizeof datum) : length;
        if (length == -1) {
            struct varlena* value = PG_DETOAST_DATUM_PACKED(datum);
            bytes = VARDATA_ANY(value);
            size = static_cast<int32>(VARSIZE_ANY_EXHDR(value));
        }
        appendBinaryStringInfo(&request, reinterpret_cast<const char*>(&i), sizeof i);
        appendBinaryStringInfo(&request, reinterpret_cast<const char*>(&size), sizeof size);
        appendBinaryStringInfo(&request, bytes, size);
    }
    return digest_datum({request.data, static_cast<std::size_t>(request.len)});
}

// A value as jsonb; a row as an object of its columns.
Datum to_json(Oid type, Datum value) {
    FmgrInfo function;
    fmgr_info(F_TO_JSONB, &function);
    List* arguments = list_make1(makeNullConst(type, -1, InvalidOid));
    fmgr_info_set_expr(reinterpret_cast<Node*>(makeFuncExpr(F_TO_JSONB, JSONBOID, arguments, InvalidOid, InvalidOid,
                                                            COERCE_EXPLICIT_CALL)),
                       &function);
    return FunctionCall1(&function, value);
}

// The columns of the function's declared result: a row's, or the one value.
struct Shape {
    TupleDesc row = nullptr;
    Oid type = InvalidOid;
};

Shape shape_of(FunctionCallInfo fcinfo) {
    Shape shape;
    if (get_call_result_type(fcinfo, &shape.type, &shape.row) != TYPEFUNC_COMPOSITE)
        shape.row = nullptr;
    return shape;
}

} // namespace

Once begin_idempotent(FunctionCallInfo fcinfo) {
    Once once;
    int index = key_argument(fcinfo);
    if (PG_ARGISNULL(index))
        return once;
    Identity holder = key_holder();
    std::string_view key = text_argument(fcinfo, index);
    check_key(key);
    once.keyed = true;
    once.name = {holder.tenant, holder.principal, text_datum(key)};

    core::Instant now = GetCurrentTimestamp();
    Datum digest = request_digest(fcinfo);
    KeptRequest kept;
    if (claim_key(once.name, digest, now, now + IdempotencyRetention(), &kept)) {
        once.has_salt = TransactionKeyProof() != nullptr;
        if (once.has_salt)
            fill_random(once.salt, kSaltSize);
        return once;
    }
    if (!same_digest(kept.digest, digest)) {
        verified_caller();
        raise_refusal(core::Refusal::idempotency_key_reused, kArgument);
    }
    if (kept.answer.null)
        elog(ERROR, "curfew: a call of %s has claimed an idempotency key and not kept its answer",
             get_func_name(fcinfo->flinfo->fn_oid));
    once.repeated = true;
    once.answer = kept.answer;
    once.has_salt = !kept.salt.null;
    if (once.has_salt)
        memcpy(once.salt, VARDATA_ANY(DatumGetByteaPP(kept.salt.datum)), kSaltSize);
    return once;
}

void kept_columns(FunctionCallInfo fcinfo, const Once& once, Value* columns, int count) {
    check_holder(once, verified_caller(nullptr, get_func_name(fcinfo->flinfo->fn_oid)));
    read_answer(once.answer.datum, shape_of(fcinfo).row, columns, count);
}

Datum kept_answer(FunctionCallInfo fcinfo, const Once& once, const Store& store) {
    Shape shape = shape_of(fcinfo);
    Datum result = 0;
    if (shape.row != nullptr) {
        Value columns[kMaxParameters];
        kept_columns(fcinfo, once, columns, shape.row->natts);
        result = composite_result(fcinfo, columns, shape.row->natts);
    } else {
        check_holder(once, verified_caller(nullptr, get_func_name(fcinfo->flinfo->fn_oid)));
        if (shape.type != VOIDOID) {
            Value value = read_answer(once.answer.datum, shape.type);
            fcinfo->isnull = value.null;
            int16 length;
            bool by_value;
            get_typlenbyval(shape.type, &length, &by_value);
            result = value.null ? 0 : SPI_datumTransfer(value.datum, by_value, length);
        }
    }
    close_store(store);
    return result;
}

void keep_answer(FunctionCallInfo fcinfo, const Once& once, Datum result) {
    if (!once.keyed)
        return;
    check_holder(once, caller_identity());
    Shape shape = shape_of(fcinfo);
    Datum answer;
    if (shape.row != nullptr)
        answer = to_json(RECORDOID, result);
    else if (shape.type == VOIDOID)
        answer = DirectFunctionCall1(jsonb_in, CStringGetDatum("{}"));
    else
        answer = to_json(shape.type, result);
    Value salt = {0, true};
    if (once.derived)
        salt = {bytea_datum(once.salt, kSaltSize), false};
    keep_answer_of(once.name, answer, salt);
}

Datum act_once(FunctionCallInfo fcinfo, const Store& store, const ActionRequest& request) {
    Once once = begin_idempotent(fcinfo);
    if (once.repeated) {
        check_permitted(request);
        return kept_answer(fcinfo, once, store);
    }
    Datum result = session_result(fcinfo, act(request));
    keep_answer(fcinfo, once, result);
    close_store(store);
    return result;
}

bool derive_secret(Once* once, char label, uint8* result) {
    const KeyProof* proof = TransactionKeyProof();
    if (!once->has_salt || proof == nullptr)
        return false;
    derive({reinterpret_cast<const char*>(proof->bytes), kKeyProofSize}, once->salt, label, result);
    return once->derived = true;
}

} // namespace curfew
