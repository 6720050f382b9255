// The magic block and what happens when the library is loaded; nothing else.
#include "pg.hpp"

#include "consistency.hpp"
#include "directory_watch.hpp"
#include "identity.hpp"
#include "inside.hpp"
#include "refusal_ring.hpp"
#include "server_settings.hpp"
#include "uses.hpp"
#include "worker.hpp"

extern "C" {
CURFEW_MODULE_MAGIC;
PGDLLEXPORT void _PG_init(void);
}

void _PG_init(void) {
    curfew::define_settings();
    curfew::register_report_callback();
    curfew::register_directory_callbacks();
    curfew::register_identity_callbacks();
    curfew::register_inside_callbacks();
    curfew::register_use_callbacks();
    if (process_shared_preload_libraries_in_progress) {
        curfew::request_refusal_ring();
        curfew::register_launcher();
    }
}
