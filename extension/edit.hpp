// What an edit changes, looked at before it is decided: is it of the right form, and what is it called in the audit log?
#pragma once

#include "engine.hpp"

namespace curfew {

// What is wrong with an edit, the first thing; `refusal` is none when nothing is.
struct EditProblem {
    core::Refusal refusal = core::Refusal::none;
    const char* argument = nullptr;
    const char* detail = nullptr;
};
EditProblem edit_problem(const Edit& edit);
// Of its members alone, which may all be absent: a beginning's.
EditProblem member_problem(const Edit& edit);
// Of what the session has after it: `fields` as jsonb with what it had before, and all of its messages, in bytes.
EditProblem total_problem(int64 fields, int64 messages);
[[noreturn]] void raise_edit_problem(const EditProblem& problem);

// The audit row's details: {"changed": ["labels", …]}, names and never values.
Value changed_members(const Edit& edit);

} // namespace curfew
