#include "store_audit.hpp"

#include "secrets.hpp"

namespace curfew {

Value text_value_or_null(std::string_view text) {
    return text.empty() ? Value{0, true} : Value{text_datum(text), false};
}

Value instant_value(core::Instant instant) {
    bool unset = instant == core::kUnset;
    return {unset ? 0 : TimestampDatum(instant), unset};
}

void add_text(Parameters* parameters, std::string_view text) { add(parameters, text_value_or_null(text)); }

void add_instant(Parameters* parameters, core::Instant instant) { add(parameters, instant_value(instant)); }

void audit_values(const pg_uuid_t& tenant, const AuditNote& note, core::Instant at, Value* values) {
    const Identity* who = note.identity;
    std::string_view via = who != nullptr ? std::string_view(who->via) : "sql";
    int next = 0;
    auto put = [&](const Value& value) { values[next++] = value; };
    put(uuid_value(tenant));
    put(uuid_value(new_uuid()));
    put(instant_value(at));
    put(text_value_or_null(note.event));
    put(text_value_or_null(note.action));
    put(who != nullptr ? uuid_value(who->principal) : Value{0, true});
    put(note.on_behalf_of);
    put({CStringGetTextDatum(GetUserNameFromId(note.db_role, false)), false});
    put(text_value_or_null(note.relation));
    put(text_value_or_null(note.via.empty() ? via : note.via));
    put(text_value_or_null(who != nullptr ? std::string_view(who->request_id) : std::string_view{}));
    put(note.reason);
    put(note.details);
    put(text_value_or_null(note.from_state));
    Assert(next == kAuditValues);
}

void add_audit(Parameters* parameters, const pg_uuid_t& tenant, const AuditNote& note, core::Instant at) {
    Value values[kAuditValues];
    audit_values(tenant, note, at, values);
    for (const Value& value : values)
        add(parameters, value);
}

} // namespace curfew
