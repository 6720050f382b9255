// What an audit row tells in its `details`: a JSON object of texts.
#pragma once

#include "store.hpp"

#include <initializer_list>

namespace curfew {

// A JSON object of text members as a jsonb value; null texts are left out.
struct DetailMember {
    const char* name;
    Value text;
};
Value details_object(std::initializer_list<DetailMember> members);
Value text_value(std::string_view text);
Value uuid_text(const pg_uuid_t& id);

} // namespace curfew
