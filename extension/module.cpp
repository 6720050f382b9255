// The magic block and what happens when the library is loaded; nothing else.
#include "pg.hpp"

#include "identity.hpp"
#include "inside.hpp"

extern "C" {
PG_MODULE_MAGIC;
PGDLLEXPORT void _PG_init(void);
}

void _PG_init(void) {
    curfew::register_identity_callbacks();
    curfew::register_inside_callbacks();
}
