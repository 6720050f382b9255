#include "keyed_table.hpp"

#include "server_settings.hpp"

extern "C" {
#include "access/relation.h"
#include "access/relscan.h"
#include "access/stratnum.h"
#include "access/tableam.h"
#include "catalog/pg_am.h"
#include "catalog/pg_index.h"
#include "executor/tuptable.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
}

namespace curfew {
namespace {

constexpr int kMostKeyColumns = 2;
constexpr int kMostAttributes = 64;

// "s.id, s.state" as "id" and "state".
void name_columns(KeyedTable& table) {
    std::string_view rest = table.columns;
    while (!rest.empty()) {
        Assert(table.count < kMostKeyedColumns);
        rest.remove_prefix(rest.find('.') + 1);
        std::size_t end = rest.find(',');
        table.names[table.count++] = rest.substr(0, end);
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end);
    }
}

bool is_at(TupleDesc descriptor, AttrNumber attribute, std::string_view name, Oid type) {
    if (attribute < 1 || attribute > descriptor->natts)
        return false;
    const FormData_pg_attribute& found = *TupleDescAttr(descriptor, attribute - 1);
    return !found.attisdropped && found.atttypid == type && name == NameStr(found.attname);
}

// Finds the columns; false when one is not there.
bool locate(KeyedTable& table, TupleDesc descriptor) {
    if (table.count == 0)
        name_columns(table);
    for (int i = 0; i < table.count; ++i) {
        if (is_at(descriptor, table.attributes[i], table.names[i], table.types[i]))
            continue;
        AttrNumber attribute = static_cast<AttrNumber>(descriptor->natts);
        while (attribute > 0 && !is_at(descriptor, attribute, table.names[i], table.types[i]))
            --attribute;
        if (attribute == 0)
            return false;
        table.attributes[i] = attribute;
    }
    return true;
}

// Whether a row of this table that is found is what a statement of the extension's owner would give.
bool is_plain(Relation relation) {
    const FormData_pg_class& form = *relation->rd_rel;
    return form.relkind == RELKIND_RELATION && form.relowner == store_owner() && !form.relrowsecurity &&
           form.relam == HEAP_TABLE_AM_OID && RelationGetDescr(relation)->natts <= kMostAttributes;
}

// The search for that key; false when the index is not of these columns.
bool make_search(Relation table, Relation index, std::initializer_list<KeyColumn> key, ScanKey search) {
    const FormData_pg_index& form = *index->rd_index;
    // With indcheckxmin the index may lack what an older snapshot sees.
    if (index->rd_rel->relam != BTREE_AM_OID || !form.indisvalid || form.indcheckxmin ||
        form.indnkeyatts != static_cast<int16>(key.size()))
        return false;
    int number = 0;
    for (const KeyColumn& column : key) {
        if (index->rd_opcintype[number] != column.type ||
            !is_at(RelationGetDescr(table), form.indkey.values[number], column.name, column.type))
            return false;
        ScanKeyInit(&search[number], static_cast<AttrNumber>(number + 1), BTEqualStrategyNumber,
                    column.type == UUIDOID ? F_UUID_EQ : F_BYTEAEQ, column.value);
        ++number;
    }
    return true;
}

bool search_index(KeyedTable& table, Relation relation, Relation index, ScanKey search, int keys, Snapshot snapshot,
                  Value* columns, TransactionId* written_by) {
    TupleTableSlot* slot = table_slot_create(relation, nullptr);
    IndexScanDesc scan = begin_index_scan(relation, index, snapshot, keys);
    index_rescan(scan, search, keys, nullptr, 0);
    bool found = index_getnext_slot(scan, ForwardScanDirection, slot);
    if (found) {
        HeapTuple row = ExecCopySlotHeapTuple(slot);
        Datum values[kMostAttributes];
        bool nulls[kMostAttributes];
        heap_deform_tuple(row, RelationGetDescr(relation), values, nulls);
        for (int i = 0; i < table.count; ++i)
            columns[i] = {values[table.attributes[i] - 1], nulls[table.attributes[i] - 1]};
        if (written_by != nullptr)
            *written_by = HeapTupleHeaderGetRawXmin(row->t_data);
    }
    index_endscan(scan);
    ExecDropSingleTupleTableSlot(slot);
    return found;
}

// The table of that name, locked as a query locks it, until the transaction ends; null where it is not there. Looked up again
// once it is locked: whoever held it may have renamed it.
Relation open_named(const char* name) {
    Oid schema = get_namespace_oid("curfew", true);
    Oid id = OidIsValid(schema) ? get_relname_relid(name, schema) : InvalidOid;
    Relation relation = OidIsValid(id) ? try_relation_open(id, AccessShareLock) : nullptr;
    if (relation != nullptr && get_relname_relid(name, schema) != id) {
        relation_close(relation, NoLock);
        relation = nullptr;
    }
    return relation;
}

} // namespace

bool read_by_key(KeyedTable& table, std::initializer_list<KeyColumn> key, Snapshots snapshots, Value* columns,
                 TransactionId* written_by) {
    Assert(key.size() <= kMostKeyColumns);
    Relation relation = IsDistributed() ? nullptr : open_named(table.name);
    if (relation == nullptr)
        return false;
    bool found = false;
    Oid primary_key = is_plain(relation) && locate(table, RelationGetDescr(relation)) ? primary_key_of(relation) : InvalidOid;
    if (OidIsValid(primary_key)) {
        Relation index = index_open(primary_key, AccessShareLock);
        ScanKeyData search[kMostKeyColumns];
        if (make_search(relation, index, key, search)) {
            if (snapshots == Snapshots::own) // what this transaction has written is seen
                CommandCounterIncrement();
            Snapshot snapshot =
                RegisterSnapshot(snapshots == Snapshots::latest ? GetLatestSnapshot() : GetTransactionSnapshot());
            found = search_index(table, relation, index, search, static_cast<int>(key.size()), snapshot, columns, written_by);
            UnregisterSnapshot(snapshot);
        }
        index_close(index, NoLock);
    }
    relation_close(relation, NoLock);
    return found;
}

} // namespace curfew
