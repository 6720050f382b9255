#include "table.hpp"

#include "sessions.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <set>
#include <sstream>

namespace curfew::test {
namespace {

constexpr core::Instant kNow = kBegan + kMinute;
constexpr core::Instant kLater = kNow + kMinute;

struct Line {
    std::string state, mark, action, outcome, again;
    std::vector<std::string> cells;
};

bool Contains(const std::vector<std::string>& list, const std::string& word) {
    return std::find(list.begin(), list.end(), word) != list.end();
}

std::vector<std::string> WordsOf(const std::string& text) {
    std::istringstream stream(text);
    std::vector<std::string> words;
    for (std::string word; stream >> word;)
        if (word != "|")
            words.push_back(word);
    return words;
}

class Trial {
  public:
    Trial(const Table& table, const std::vector<Person>& people)
        : table_(table), people_(people), lifecycle_(BuiltIn(table.lifecycle)) {}

    void CheckNames() const {
        BOOST_TEST(int{lifecycle_.state_count} == static_cast<int>(table_.states.size()), "number of states");
        BOOST_TEST(int{lifecycle_.action_count} == static_cast<int>(table_.actions.size()),
                   "number of actions");
        for (const std::string& state : table_.states)
            BOOST_REQUIRE_MESSAGE(core::FindState(lifecycle_, state) != core::kNone, "no state " << state);
        for (const std::string& action : table_.actions)
            BOOST_REQUIRE_MESSAGE(core::FindAction(lifecycle_, action) != core::kNone,
                                  "no action " << action);
    }

    void CheckHeader(const std::vector<std::string>& words) const {
        BOOST_REQUIRE_EQUAL(words.size(), people_.size() + 4);
        for (std::size_t i = 0; i < people_.size(); ++i)
            BOOST_REQUIRE_EQUAL(words[i + 4], people_[i].name);
    }

    void CheckLine(const std::vector<std::string>& words) {
        BOOST_REQUIRE_MESSAGE(words.size() == people_.size() + 4,
                              "a line lacks a cell or has too many: " << words[0] << " " << words[1]);
        Line line{words[0], "", words[1], words[2], words[3], {words.begin() + 4, words.end()}};
        if (std::size_t plus = line.state.find('+'); plus != std::string::npos) {
            line.mark = line.state.substr(plus + 1);
            line.state.resize(plus);
        }
        for (const std::string& state : StatesOf(line.state)) {
            line.state = state;
            bool fresh = seen_.insert(state + "+" + line.mark + " " + line.action).second;
            BOOST_TEST(fresh, "two lines for " << state << " " << line.action);
            CheckState(line);
        }
    }

    // The whole cross product has been seen, and nothing else.
    void CheckCoverage() const {
        std::set<std::string> expected;
        for (const std::string& state : table_.states) {
            expected.insert(state + "+ read");
            for (const std::string& name : table_.actions) {
                const core::Action& action = lifecycle_.actions[ActionOf(lifecycle_, name)];
                expected.insert(state + "+ " + name);
                if (core::ConcernsMark(action.effect))
                    expected.insert(state + "+" + std::string(lifecycle_.marks[action.target].View()) + " " +
                                    name);
            }
        }
        BOOST_TEST(seen_ == expected, boost::test_tools::per_element());
    }

  private:
    std::vector<std::string> StatesOf(const std::string& word) const {
        if (word == "any")
            return table_.states;
        auto group = table_.groups.find(word);
        if (group != table_.groups.end())
            return group->second;
        BOOST_REQUIRE_MESSAGE(Contains(table_.states, word), "no state or group " << word);
        return {word};
    }

    // The sessions that are in the line's state at kNow: written so, or past a deadline that leads there.
    std::vector<core::SessionFacts> SessionsOf(const Line& line) const {
        std::vector<core::SessionFacts> sessions = {SessionIn(lifecycle_, line.state)};
        if (lifecycle_.states[sessions[0].state].terminal)
            sessions[0].deadline = kBegan; // long past, and of no concern any more
        else
            core::SetDeadline(lifecycle_, sessions[0]);
        for (const Lapse& lapse : table_.lapses)
            if (lapse.to == line.state) {
                core::SessionFacts lapsed = SessionIn(lifecycle_, lapse.from);
                lapsed.deadline = kNow;
                lapsed.deadline_state = StateOf(lifecycle_, lapse.to);
                sessions.push_back(lapsed);
            }
        return sessions;
    }

    core::MarkMask Own(const Line& line) const {
        if (line.action == "read")
            return 0;
        const core::Action& action = lifecycle_.actions[ActionOf(lifecycle_, line.action)];
        return core::ConcernsMark(action.effect) ? core::MarkBit(action.target) : core::MarkMask{0};
    }

    void CheckState(const Line& line) const {
        core::MarkMask own = Own(line);
        core::MarkMask given =
            line.mark.empty() ? core::MarkMask{0} : core::MarkBit(MarkOf(lifecycle_, line.mark));
        BOOST_REQUIRE_MESSAGE((given & ~own) == 0, line.action << " is not about the mark " << line.mark);
        for (core::SessionFacts session : SessionsOf(line))
            for (int marks = 0; marks < 1 << lifecycle_.mark_count; ++marks)
                if ((marks & own) == given) {
                    session.marks = static_cast<core::MarkMask>(marks);
                    for (std::size_t i = 0; i < people_.size(); ++i)
                        CheckPerson(line, line.cells[i], session, people_[i]);
                }
    }

    void CheckPerson(const Line& line, const std::string& cell, const core::SessionFacts& session,
                     const Person& person) const {
        std::string where =
            table_.lifecycle + ", " + line.state + "+" + line.mark + ", " + line.action + ", " + person.name;
        core::PartyFacts parties = Parties(!Contains(table_.without_operator, line.state));
        core::Standing standing = StandingIn(person, parties, lifecycle_.workspace_parties);
        core::Grants grants = GrantsOf(person);

        if (line.action == "read") {
            core::Present present = core::PresentOf(lifecycle_, session, kNow);
            std::string_view answer = WordOf(core::MayRead(lifecycle_, present, standing, grants));
            BOOST_TEST(answer == Refused(cell, ""), where << ": " << answer);
            return;
        }
        core::Attempt attempt = Try(lifecycle_, line.action);
        core::Decision decision = core::Decide(lifecycle_, session, standing, grants, attempt, kNow);
        std::string_view answer = AnswerOf(decision);
        if (cell != "yes") {
            BOOST_TEST(answer == Refused(cell, "yes"), where << ": " << answer);
        } else if (line.outcome == ".") {
            bool forbidden =
                decision.verdict == core::Verdict::refuse && core::TextOf(decision.refusal).status < 409;
            BOOST_TEST(!forbidden, where << ": " << answer);
        } else if (line.outcome == "409" || line.outcome == "same") {
            BOOST_TEST(answer == (line.outcome == "409" ? "invalid_state" : "replay"),
                       where << ": " << answer);
        } else {
            BOOST_TEST(answer == "apply", where << ": " << answer);
            if (decision.verdict == core::Verdict::apply) {
                CheckEffect(line, session, decision.after, where);
                CheckAgain(line, decision.after, person, attempt, where);
            }
        }
    }

    static std::string_view Refused(const std::string& cell, std::string_view yes) {
        if (cell == "yes")
            return yes;
        return cell == "no"    ? "not_owner"
               : cell == "rdr" ? "reader"
               : cell == "scp" ? "scope_missing"
               : cell == "404" ? "session_not_found"
                               : "an unknown cell";
    }

    void CheckEffect(const Line& line, const core::SessionFacts& before, const core::SessionFacts& after,
                     const std::string& where) const {
        bool extends = line.outcome == "extend";
        bool edits = line.outcome == "edit";
        bool marked = line.outcome[0] == '+' || line.outcome[0] == '-';
        bool enters = !extends && !edits && !marked;
        core::MarkMask marks = before.marks;
        if (marked) {
            core::MarkMask mark = core::MarkBit(MarkOf(lifecycle_, line.outcome.substr(1)));
            marks = static_cast<core::MarkMask>(line.outcome[0] == '+' ? marks | mark : marks & ~mark);
        }
        const std::string& state = enters ? line.outcome : line.state;
        bool ends = enters && lifecycle_.states[StateOf(lifecycle_, state)].terminal;
        BOOST_TEST(StateAt(lifecycle_, after, kNow) == state, where);
        BOOST_TEST(after.marks == marks, where);
        BOOST_TEST(after.version == kVersion + 1, where);
        BOOST_TEST(after.updated_at == kNow, where);
        BOOST_TEST(after.created_at == kBegan, where);
        BOOST_TEST(after.entered_at == (enters ? kNow : before.entered_at), where);
        BOOST_TEST(after.ended_at == (ends ? kNow : before.ended_at), where);
        if (extends)
            BOOST_TEST(after.deadline > before.deadline, where);
        if (marked) {
            BOOST_TEST(after.deadline == before.deadline, where);
            BOOST_TEST(after.deadline_state == before.deadline_state, where);
        }
    }

    void CheckAgain(const Line& line, const core::SessionFacts& after, const Person& person,
                    const core::Attempt& attempt, const std::string& where) const {
        core::Standing standing = StandingIn(person, Parties(), lifecycle_.workspace_parties);
        core::Decision decision =
            core::Decide(lifecycle_, after, standing, GrantsOf(person), attempt, kLater);
        std::string_view answer = AnswerOf(decision);
        std::string_view expected = line.again == "same"  ? "replay"
                                    : line.again == "edit" ? "apply"
                                    : line.again == "409" ? "invalid_state"
                                    : line.again == "422" ? "value_out_of_range"
                                                          : "?";
        BOOST_TEST(answer == expected, where << ", again: " << answer);
    }

    const Table& table_;
    const std::vector<Person>& people_;
    const core::Lifecycle& lifecycle_;
    std::set<std::string> seen_;
};

} // namespace

void CheckTable(const Table& table, const std::vector<Person>& people, std::string_view lines) {
    Trial trial(table, people);
    trial.CheckNames();
    std::istringstream stream{std::string(lines)};
    bool header = true;
    for (std::string text; std::getline(stream, text);) {
        std::vector<std::string> words = WordsOf(text);
        if (words.empty())
            continue;
        header ? trial.CheckHeader(words) : trial.CheckLine(words);
        header = false;
    }
    trial.CheckCoverage();
}

} // namespace curfew::test
