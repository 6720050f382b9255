// Tables of what a lifecycle allows, written by hand from the contracts, and the run of one against the core.
//
// The first line of a table names its columns: state, action, outcome, again, and after the bar one person
// each. Then a line per (state, action). `state` is a state, or a group of them (`any` is every one), with
// `+mark` where the session bears the mark that the action is about. `read` stands among the actions for
// seeing the session.
//
//   outcome   what those get who may: the state entered, +mark, -mark, `extend` (the deadline moves on), `edit` (no more
//             than a version), `same` (the first answer again), `409` (invalid state), `ok` for read; `.` where nobody may,
//             or where another table tells
//   again     what the same person gets who does it once more: `same`, `409`, `422` (nothing left to extend), `edit`; `.`
//             where nothing was done
//   a person  yes, or why not: no (403 not_owner), rdr (403 reader), scp (403 scope_missing), 404
//   (session_not_found)
//
// Every state × action, and × the action's mark set and not set, must have exactly one line. Each line is
// tried with all other marks set and unset, and, where its state is one that time leads to, also on the
// sessions that are in it only because their deadline has passed.
#pragma once

#include "people.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace curfew::test {

// A state that becomes another when its time is up.
struct Lapse {
    std::string from, to;
};

struct Table {
    std::string lifecycle;
    std::vector<std::string> states;  // all of them
    std::vector<std::string> actions; // all of them, `read` left out
    std::vector<Lapse> lapses = {};
    std::map<std::string, std::vector<std::string>> groups = {};
    std::vector<std::string> without_operator = {}; // states before anybody took the operator's place
};

void CheckTable(const Table& table, const std::vector<Person>& people, std::string_view lines);

} // namespace curfew::test
