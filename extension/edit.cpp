#include "edit.hpp"

#include "core/definition_reader.hpp"
#include "errors.hpp"
#include "json.hpp"

extern "C" {
#include "access/detoast.h"
}

namespace curfew {
namespace {

struct Member {
    const char* name;
    Value Edit::*value;
    bool object;
    int most; // bytes as it is stored: a list shows up to 1,000 sessions
};
constexpr int kMostFields = 131072;
constexpr Member kMembers[] = {
    {"title", &Edit::title, false, 8192},       {"labels", &Edit::labels, true, 16384},
    {"metadata", &Edit::metadata, true, 65536}, {"fields", &Edit::fields, true, kMostFields},
    {"message", &Edit::message, false, 262144},
};
constexpr int64 kMostMessages = 16777216; // bytes of a session's messages: who reads the session reads them all

EditProblem too_large(const char* member, const char* what, int64 most) {
    return {core::Refusal::value_out_of_range, member, psprintf("%s more than " INT64_FORMAT " bytes.", what, most)};
}

} // namespace

EditProblem member_problem(const Edit& edit) {
    for (const Member& member : kMembers) {
        const Value& value = edit.*member.value;
        if (value.null)
            continue;
        if (member.object && !JsonNode::of_datum(value.datum).IsObject())
            return {core::Refusal::wrong_type, member.name, "It is a JSON object."};
        if (toast_raw_datum_size(value.datum) > static_cast<Size>(member.most) + VARHDRSZ)
            return too_large(member.name, "It has", member.most);
    }
    return {};
}

EditProblem total_problem(int64 fields, int64 messages) {
    if (fields > kMostFields + VARHDRSZ)
        return too_large("fields", "With those that it has the session would have", kMostFields);
    if (messages > kMostMessages)
        return too_large("message", "The session's messages would have", kMostMessages);
    return {};
}

EditProblem edit_problem(const Edit& edit) {
    EditProblem problem = member_problem(edit);
    if (problem.refusal != core::Refusal::none)
        return problem;
    bool nothing = true;
    for (const Member& member : kMembers)
        nothing = nothing && (edit.*member.value).null;
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
