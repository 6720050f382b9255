// Reading one row of a table of the extension by its primary key, through the access methods of index and table: where a
// row is all that is asked for, planning it, starting an executor and ending it take several times as long as the read.
#pragma once

#include "store.hpp"

#include <initializer_list>
#include <string_view>

namespace curfew {

inline constexpr int kMostKeyedColumns = 24;

// A table and what is read of it; one static object for each use. What the catalog says is looked up as it is needed.
struct KeyedTable {
    const char* name;    // in the schema curfew
    const char* columns; // as a query would list them: "s.id, s.state"
    const Oid* types;    // of these columns

    // Where the columns are, as far as is known: checked by name at each read.
    int count = 0;
    std::string_view names[kMostKeyedColumns] = {};
    AttrNumber attributes[kMostKeyedColumns] = {};
};

// One column of a primary key, and its value.
struct KeyColumn {
    const char* name;
    Oid type; // uuid or bytea
    Datum value;
};

// The tenant's id, the first column of every key.
inline KeyColumn tenant_key(const pg_uuid_t& tenant) {
    return {"tenant_id", UUIDOID, UUIDPGetDatum(const_cast<pg_uuid_t*>(&tenant))};
}

// Reads the row of that key, with what was committed before. The values are in the current memory. False where there is
// none, or where only a statement can tell: the table's owner is not the extension's, it has policies, is partitioned or
// distributed, or has another primary key or other types. So a statement is asked then, always.
//   columns     as many as the table names
//   written_by  null, or where the row's xmin is put
bool read_by_key(KeyedTable& table, std::initializer_list<KeyColumn> key, Snapshots snapshots, Value* columns,
                 TransactionId* written_by = nullptr);

} // namespace curfew
