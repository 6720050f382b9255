// SQL-callable: the trigger that tells every backend of changes to the directory.
#include "function.hpp"

#include "directory_watch.hpp"

using namespace curfew;

// Trigger on the directory's tables: AFTER UPDATE OR DELETE FOR EACH ROW, so that it fires for a subscription's changes
// too, AFTER TRUNCATE, and BEFORE INSERT FOR EACH STATEMENT.
CURFEW_FUNCTION(tell_directory_change) {
    if (TRIGGER_FIRED_BY_INSERT(trigger_data(fcinfo)->tg_event))
        NoteDirectoryInsert();
    else
        tell_directory_change();
    return PointerGetDatum(nullptr);
}
