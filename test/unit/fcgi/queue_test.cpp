#include "queue.hpp"

#include <boost/test/unit_test.hpp>

#include <deque>
#include <string>
#include <vector>

using namespace curfew::front;

namespace {

/// Questions by the letter of their caller and a number, as "a1". A capital letter: one that is soon done. '-': by one who
/// shows no credential. '*': by one who needs none.
class Asked {
  public:
    Question& operator[](const std::string& name) {
        for (auto& each : all_)
            if (each.name == name)
                return each.question;
        Each& each = all_.emplace_back(Each{.name = name, .exchange = {}, .question = {}});
        const bool is_soon_done = name[0] >= 'A' && name[0] <= 'Z';
        each.exchange.effect = is_soon_done ? Effect::kLookup : Effect::kChange;
        const bool shows = name[0] != '-';
        if (name[0] != '*')
            each.exchange.caller =
                Caller{.credential = shows ? Value(std::string(1, static_cast<char>(name[0] | 0x20))) : std::nullopt,
                       .tenant = {},
                       .via = {},
                       .request_id = {},
                       .traceparent = {}};
        each.question.exchange = &each.exchange;
        return each.question;
    }

    std::string NameOf(const Question& question) {
        for (auto& each : all_)
            if (&each.question == &question)
                return each.name;
        return "?";
    }

  private:
    struct Each {
        std::string name;
        Exchange exchange;
        Question question;
    };
    std::deque<Each> all_;
};

struct Fixture {
    Queue queue{3};
    Asked asked;

    void Add(const std::vector<std::string>& names) {
        for (const auto& name : names)
            queue.Add(asked[name]);
    }

    /// Who begin, one after the other, until nobody may: who joins others or is soon done does without a share.
    std::string Begun(bool joins = false) {
        std::string begun;
        const auto may_begin = [=](const Question& question, bool has_less) {
            return joins || has_less || question.exchange->IsSoonDone();
        };
        while (Question* const question = queue.Next(may_begin)) {
            queue.Begin(*question, joins);
            begun += asked.NameOf(*question) + " ";
        }
        return begun;
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(queue, Fixture)

BOOST_AUTO_TEST_CASE(one_caller_is_served_in_the_order_of_asking) {
    Add({"a1", "a2", "a3"});
    BOOST_TEST(queue.size() == 3U);
    BOOST_TEST(Begun() == "a1 a2 a3 ");
    BOOST_TEST(queue.size() == 0U);
}

BOOST_AUTO_TEST_CASE(callers_take_turns) {
    Add({"a1", "a2", "a3", "b1", "b2", "c1"});
    BOOST_TEST(Begun() == "a1 b1 c1 a2 b2 a3 ");
}

BOOST_AUTO_TEST_CASE(nobody_has_more_than_the_share) {
    Add({"a1", "a2", "a3", "a4", "a5", "b1"});
    BOOST_TEST(Begun() == "a1 b1 a2 a3 ");
    BOOST_TEST(queue.size() == 2U);
    queue.End(asked["b1"]);
    BOOST_TEST(Begun() == "");
    queue.End(asked["a2"]);
    BOOST_TEST(Begun() == "a4 ");
}

BOOST_AUTO_TEST_CASE(what_is_soon_done_is_of_no_share) {
    Add({"A1", "A2", "A3", "A4", "a1", "a2", "a3", "A5", "a4"});
    BOOST_TEST(Begun() == "A1 a1 A2 a2 A3 a3 A4 A5 ");
    queue.End(asked["A1"]);
    BOOST_TEST(Begun() == "");
}

BOOST_AUTO_TEST_CASE(who_joins_others_is_of_no_share) {
    Add({"a1", "a2", "a3", "a4"});
    BOOST_TEST(Begun() == "a1 a2 a3 ");
    BOOST_TEST(Begun(true) == "a4 ");
    Add({"a5"});
    queue.End(asked["a4"]);
    BOOST_TEST(Begun() == "");
    queue.End(asked["a1"]);
    queue.End(asked["a1"]);
    Add({"a6"});
    BOOST_TEST(Begun() == "a5 ");
}

BOOST_AUTO_TEST_CASE(who_may_not_begin_keeps_his_place_and_holds_up_nobody_else) {
    Add({"a1", "b1", "a2", "c1"});
    const auto is_not_of_a = [this](const Question& question, bool) { return asked.NameOf(question)[0] != 'a'; };
    BOOST_TEST(asked.NameOf(*queue.Next(is_not_of_a)) == "b1");
    queue.Begin(asked["b1"], false);
    BOOST_TEST(asked.NameOf(*queue.Next(is_not_of_a)) == "c1");
    queue.Begin(asked["c1"], false);
    BOOST_TEST((queue.Next(is_not_of_a) == nullptr));
    BOOST_TEST(Begun() == "a1 a2 ");
}

BOOST_AUTO_TEST_CASE(changes_that_may_not_begin_hold_up_no_reads_of_their_caller) {
    Add({"a1", "A2", "b1", "a3", "A4"});
    const auto is_soon_done = [](const Question& question, bool) { return question.exchange->IsSoonDone(); };
    BOOST_TEST(asked.NameOf(*queue.Next(is_soon_done)) == "A2");
    queue.Begin(asked["A2"], false);
    BOOST_TEST(asked.NameOf(*queue.Next(is_soon_done)) == "A4");
    queue.Begin(asked["A4"], false);
    BOOST_TEST((queue.Next(is_soon_done) == nullptr));
    BOOST_TEST(queue.Remove(asked["a3"]));
    BOOST_TEST(Begun() == "a1 b1 ");
}

BOOST_AUTO_TEST_CASE(reads_that_may_not_begin_hold_up_no_changes_of_their_caller) {
    Add({"A1", "a2", "A3"});
    const auto changes = [](const Question& question, bool) { return !question.exchange->IsSoonDone(); };
    BOOST_TEST(asked.NameOf(*queue.Next(changes)) == "a2");
    queue.Begin(asked["a2"], false);
    BOOST_TEST((queue.Next(changes) == nullptr));
    BOOST_TEST(queue.Remove(asked["A1"]));
    BOOST_TEST(queue.size() == 1U);
    BOOST_TEST(Begun() == "A3 ");
}

BOOST_AUTO_TEST_CASE(a_change_keeps_its_turn_while_reads_of_its_caller_begin) {
    Add({"a1", "A2", "b1", "b2", "A3", "c1", "c2"});
    const auto reads = [](const Question& question, bool) { return question.exchange->IsSoonDone(); };
    for (const char* const read : {"A2", "A3"}) {
        BOOST_TEST(asked.NameOf(*queue.Next(reads)) == read);
        queue.Begin(asked[read], true);
    }
    BOOST_TEST(Begun() == "a1 b1 c1 b2 c2 ");
}

BOOST_AUTO_TEST_CASE(who_shows_no_credential_is_one_caller) {
    Add({"-1", "-2", "-3", "-4", "a1"});
    BOOST_TEST(Begun() == "-1 a1 -2 -3 ");
}

BOOST_AUTO_TEST_CASE(who_needs_no_credential_is_a_caller_of_his_own) {
    Add({"*1", "*2", "*3", "*4", "a1", "a2", "*5"});
    BOOST_TEST(Begun() == "*1 *2 *3 *4 a1 *5 a2 ");
    queue.End(asked["*1"]);
    queue.End(asked["*4"]);
    BOOST_TEST(Begun() == "");
}

BOOST_AUTO_TEST_CASE(who_asks_again_is_before_all_others) {
    Add({"a1", "a2", "b1"});
    queue.AddFirst(asked["b0"]);
    queue.AddFirst(asked["c0"]);
    queue.AddFirst(asked["A0"]);
    BOOST_TEST(Begun() == "A0 c0 b0 a1 b1 a2 ");
}

BOOST_AUTO_TEST_CASE(who_is_taken_back_waits_no_more) {
    Add({"a1", "a2", "b1", "c1"});
    BOOST_TEST(queue.Remove(asked["a1"]));
    BOOST_TEST(!queue.Remove(asked["a1"]));
    BOOST_TEST(queue.Remove(asked["b1"]));
    BOOST_TEST(queue.size() == 2U);
    BOOST_TEST(Begun() == "a2 c1 ");
    BOOST_TEST(!queue.Remove(asked["c1"]));
}

BOOST_AUTO_TEST_CASE(all_are_taken_whatever_their_share) {
    Add({"a1", "a2", "a3", "a4", "a5"});
    Begun();
    Add({"b1", "B2"});
    BOOST_TEST(queue.TakeAll().size() == 4U);
    BOOST_TEST(queue.size() == 0U);
    BOOST_TEST(Begun() == "");
    queue.End(asked["a1"]);
    Add({"a6"});
    BOOST_TEST(Begun() == "a6 ");
}

BOOST_AUTO_TEST_SUITE_END()
