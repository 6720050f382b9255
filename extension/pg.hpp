// PostgreSQL's headers, inside extern "C", and the one place that knows how its versions differ. Included by .cpp
// files and by headers of the shell only; never by core/.
//
// Whoever includes this lives under PostgreSQL's rules: an error is a longjmp, so locals are trivially destructible,
// memory is palloc's, and there is no exception. Functions in lower_case may raise; those in CamelCase do not.
#pragma once

extern "C" {
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "access/table.h"
#include "access/transam.h"
#include "catalog/namespace.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_class.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "commands/trigger.h"
#include "common/jsonapi.h"
#include "common/sha2.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/proc.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/guc.h"
#include "utils/hsearch.h"
#include "utils/jsonb.h"
#include "utils/jsonfuncs.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/numeric.h"
#include "utils/relcache.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"
#include "utils/uuid.h"
#include "utils/backend_status.h"
#include "utils/xid8.h"
#if PG_VERSION_NUM >= 150000
#include "access/xlogrecovery.h"
#endif
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif
}

#if PG_VERSION_NUM < 140000
#error "Curfew needs PostgreSQL 14 or later"
#endif

// The magic block. From 18 on it says whose it is, for pg_get_loaded_modules().
#ifdef PG_MODULE_MAGIC_EXT
#define CURFEW_MODULE_MAGIC PG_MODULE_MAGIC_EXT(.name = "curfew", .version = CURFEW_VERSION)
#else
#define CURFEW_MODULE_MAGIC PG_MODULE_MAGIC
#endif

namespace curfew {

// Whether the text is JSON that jsonb takes: well-formed, escapes included. What is wrong with it is not told, since
// PostgreSQL would repeat the text in the log.
inline bool is_json(text* value) {
#if PG_VERSION_NUM >= 170000
    JsonLexContext lex;
    makeJsonLexContext(&lex, value, true);
    return pg_parse_json(&lex, &nullSemAction) == JSON_SUCCESS;
#else
    return pg_parse_json(makeJsonLexContext(value, true), &nullSemAction) == JSON_SUCCESS;
#endif
}

// Makes the function's result a materialized set of its declared row type.
inline void begin_materialized_set(FunctionCallInfo fcinfo) {
#ifdef MAT_SRF_USE_EXPECTED_DESC // from 15.1 on
    InitMaterializedSRF(fcinfo, 0);
#else
    ReturnSetInfo* info = reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo);
    if (info == nullptr || !IsA(info, ReturnSetInfo) || !(info->allowedModes & SFRM_Materialize))
        ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                        errmsg("set-valued function called in a context that cannot accept a set")));
    MemoryContext previous = MemoryContextSwitchTo(info->econtext->ecxt_per_query_memory);
    TupleDesc descriptor;
    if (get_call_result_type(fcinfo, nullptr, &descriptor) != TYPEFUNC_COMPOSITE)
        elog(ERROR, "return type must be a row type");
    info->returnMode = SFRM_Materialize;
    info->setResult = tuplestore_begin_heap(true, false, work_mem);
    info->setDesc = descriptor;
    MemoryContextSwitchTo(previous);
#endif
}

// The timeline that this server writes.
inline uint32 current_timeline() {
#if PG_VERSION_NUM >= 150000
    return GetWALInsertionTimeLine();
#else
    return ThisTimeLineID;
#endif
}

// A number that no other transaction of this backend has.
inline LocalTransactionId transaction_number() {
#if PG_VERSION_NUM >= 170000
    return MyProc->vxid.lxid;
#else
    return MyProc->lxid;
#endif
}

// Whether `user` may execute the function.
inline bool may_execute(Oid function, Oid user) {
#if PG_VERSION_NUM >= 160000
    return object_aclcheck(ProcedureRelationId, function, user, ACL_EXECUTE) == ACLCHECK_OK;
#else
    return pg_proc_aclcheck(function, user, ACL_EXECUTE) == ACLCHECK_OK;
#endif
}

// The index of a table's primary key, InvalidOid where it has none that is checked at once.
inline Oid primary_key_of(Relation table) {
#if PG_VERSION_NUM >= 180000
    return RelationGetPrimaryKeyIndex(table, false);
#else
    return RelationGetPrimaryKeyIndex(table);
#endif
}

inline IndexScanDesc begin_index_scan(Relation table, Relation index, Snapshot snapshot, int keys) {
#if PG_VERSION_NUM >= 180000
    return index_beginscan(table, index, snapshot, nullptr, keys, 0);
#else
    return index_beginscan(table, index, snapshot, keys, 0);
#endif
}

// What backend `index` (from 1) tells of itself, as pgstat_fetch_stat_numbackends() has counted them.
inline const PgBackendStatus& backend_status(int index) {
#if PG_VERSION_NUM >= 160000
    return pgstat_get_local_beentry_by_index(index)->backendStatus;
#else
    return pgstat_fetch_stat_local_beentry(index)->backendStatus;
#endif
}

// Whether auto_explain prints bound parameters unless it is told not to.
inline constexpr bool kAutoExplainPrintsParameters = PG_VERSION_NUM >= 160000;

// Says that every setting `prefix.…` has been defined: others by that name are mistakes.
inline void reserve_setting_prefix(const char* prefix) {
#if PG_VERSION_NUM >= 150000
    MarkGUCPrefixReserved(prefix);
#else
    EmitWarningsOnPlaceholders(prefix);
#endif
}

// Has `request` called when the size of shared memory is reckoned; once, from _PG_init while preloading.
inline void when_shared_memory_is_sized(void (*request)()) {
#if PG_VERSION_NUM >= 150000
    static shmem_request_hook_type others;
    static void (*ours)();
    others = shmem_request_hook;
    ours = request;
    shmem_request_hook = [] {
        if (others != nullptr)
            others();
        ours();
    };
#else
    request();
#endif
}

} // namespace curfew
