#include "store_audit.hpp"

#include "secrets.hpp"

namespace curfew {

void add_text(Parameters* parameters, std::string_view text) {
    text.empty() ? parameters->AddNull() : parameters->Add(text_datum(text));
}

void add_instant(Parameters* parameters, core::Instant instant) {
    parameters->AddIf(instant != core::kUnset, TimestampDatum(instant));
}

namespace {

pg_uuid_t* copy_uuid(const pg_uuid_t& id) {
    pg_uuid_t* copy = static_cast<pg_uuid_t*>(palloc(sizeof(pg_uuid_t)));
    *copy = id;
    return copy;
}

} // namespace

void add_audit(Parameters* parameters, const pg_uuid_t& tenant, const AuditNote& note, core::Instant at) {
    const Identity* who = note.identity;
    parameters->Add(UUIDPGetDatum(copy_uuid(tenant)));
    parameters->Add(UUIDPGetDatum(copy_uuid(new_uuid())));
    parameters->Add(TimestampDatum(at));
    add_text(parameters, note.event);
    add_text(parameters, note.action);
    parameters->AddIf(who != nullptr, who != nullptr ? UUIDPGetDatum(copy_uuid(who->principal)) : 0);
    add(parameters, note.on_behalf_of);
    parameters->Add(CStringGetTextDatum(GetUserNameFromId(note.db_role, false)));
    add_text(parameters, note.relation);
    parameters->Add(CStringGetTextDatum(who != nullptr ? who->via : "sql"));
    add_text(parameters, who != nullptr ? std::string_view(who->request_id) : std::string_view{});
    add(parameters, note.reason);
    add(parameters, note.details);
    add_text(parameters, note.from_state);
}

} // namespace curfew
