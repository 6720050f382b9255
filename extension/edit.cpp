#include "edit.hpp"

#include "core/definition_reader.hpp"
#include "errors.hpp"
#include "json.hpp"

namespace curfew {
namespace {

struct Member {
    const char* name;
    Value Edit::*value;
    bool object;
};
constexpr Member kMembers[] = {
    {"title", &Edit::title, false},      {"labels", &Edit::labels, true},    {"metadata", &Edit::metadata, true},
    {"fields", &Edit::fields, true},     {"message", &Edit::message, false},
};

} // namespace

EditProblem edit_problem(const Edit& edit) {
    bool nothing = true;
    for (const Member& member : kMembers) {
        const Value& value = edit.*member.value;
        nothing = nothing && value.null;
        if (member.object && !value.null && !JsonNode::of_datum(value.datum).IsObject())
            return {core::Refusal::wrong_type, member.name, "It is a JSON object."};
    }
    if (nothing)
        return {core::Refusal::missing_field, "fields", "Nothing is named that is to change."};
    if (!edit.message.null && text_view(edit.message.datum).empty())
        return {core::Refusal::missing_field, "message", "The message is empty."};
    if (!edit.message.null && !core::IsName(text_view(edit.message_kind.datum)))
        return {core::Refusal::unknown_value, "kind", "A kind is a letter, then letters, digits or _, 63 at most."};
    return {};
}

void raise_edit_problem(const EditProblem& problem) { raise_refusal(problem.refusal, problem.argument, problem.detail); }

Value changed_members(const Edit& edit) {
    StringInfoData text;
    initStringInfo(&text);
    for (const Member& member : kMembers)
        if (!(edit.*member.value).null)
            appendStringInfo(&text, "%s\"%s\"", text.len > 0 ? ", " : "", member.name);
    return {DirectFunctionCall1(jsonb_in, CStringGetDatum(psprintf("{\"changed\": [%s]}", text.data))), false};
}

} // namespace curfew
