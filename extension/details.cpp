#include "details.hpp"

extern "C" {
#include "utils/json.h"
}

namespace curfew {

Value text_value(std::string_view text) { return {text_datum(text), false}; }

Value uuid_text(const pg_uuid_t& id) {
    return {CStringGetTextDatum(DatumGetCString(DirectFunctionCall1(uuid_out, UUIDPGetDatum(const_cast<pg_uuid_t*>(&id))))),
            false};
}

Value details_object(std::initializer_list<DetailMember> members) {
    StringInfoData json;
    initStringInfo(&json);
    appendStringInfoChar(&json, '{');
    for (const DetailMember& member : members) {
        if (member.text.null)
            continue;
        if (json.len > 1)
            appendStringInfoChar(&json, ',');
        escape_json(&json, member.name);
        appendStringInfoChar(&json, ':');
        escape_json(&json, TextDatumGetCString(member.text.datum));
    }
    appendStringInfoChar(&json, '}');
    return {DirectFunctionCall1(jsonb_in, CStringGetDatum(json.data)), false};
}

} // namespace curfew
