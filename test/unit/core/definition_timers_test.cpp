// What is refused about a definition's timers as they are read.
#include "core/duration.hpp"

#include "refused.hpp"

using namespace curfew;
using namespace curfew::test;

namespace {

constexpr char kDuration[] =
    "is not a duration such as \"90 seconds\", \"5 minutes\", \"1 hour\", \"2 days\"";

// The sandbox with the timer of `running` changed.
nlohmann::json WithTimer(std::string_view patch) {
    return SandboxDefinition(R"({"timers": {"running": )" + std::string(patch) + "}}");
}

nlohmann::json ManyTimers(int count) {
    nlohmann::json definition = SmallDefinition(R"({"actions": {"end": {"by": ["owner", "clock"]}}})");
    for (int i = 1; i <= count; ++i) {
        std::string state = "s" + std::to_string(i);
        definition["states"][state] = {{"live", true}};
        definition["actions"]["to_" + state] = {{"from", {"open"}}, {"to", state}, {"by", {"owner"}}};
        definition["actions"]["end"]["from"].push_back(state);
        definition["timers"][state] = {{"default", "1 hour"}, {"do", "end"}};
    }
    return definition;
}

} // namespace

BOOST_AUTO_TEST_SUITE(definition_timers)

BOOST_AUTO_TEST_CASE(timers_that_are_no_object_are_refused) {
    CheckRefused(SandboxDefinition(R"({"timers": ["running"]})"), "timers",
                 "is not an object with a member per state that has a timer");
}
BOOST_AUTO_TEST_CASE(a_timer_of_an_unknown_state_is_refused) {
    CheckRefused(SandboxDefinition(R"({"timers": {"resting": {}}})"), "timers.resting",
                 "the state \"resting\" is unknown");
}
BOOST_AUTO_TEST_CASE(a_timer_that_is_no_object_is_refused) {
    CheckRefused(SandboxDefinition(R"({"timers": {"running": "1 hour"}})"), "timers.running",
                 "is neither a timer nor a list of timers");
    CheckRefused(SandboxDefinition(R"({"timers": {"running": ["1 hour"]}})"), "timers.running",
                 "is neither a timer nor a list of timers");
}
BOOST_AUTO_TEST_CASE(sixteen_timers_are_taken_and_a_seventeenth_is_refused) {
    CheckTaken(ManyTimers(16));
    CheckRefused(ManyTimers(17), "timers", "are more than 16");
}
BOOST_AUTO_TEST_CASE(a_state_has_the_timers_of_its_list) {
    nlohmann::json definition = SandboxDefinition();
    nlohmann::json ttl = definition["timers"]["running"];
    definition["timers"]["running"] = {ttl, {{"from", "used"}, {"default", "5 minutes"}, {"do", "stop"}}};
    definition["timers"]["paused"] = nlohmann::json::array();
    core::Lifecycle lifecycle = Compiled(definition);
    BOOST_TEST(int{lifecycle.timer_count} == 2);
    BOOST_TEST(lifecycle.states[StateOf(lifecycle, "running")].timers == core::TimerBit(0) + core::TimerBit(1));
    BOOST_TEST(lifecycle.states[StateOf(lifecycle, "paused")].timers == 0);
    BOOST_TEST((lifecycle.timers[1].anchor == core::Anchor::used));
    BOOST_TEST(lifecycle.records_use);
}
BOOST_AUTO_TEST_CASE(whether_the_last_use_is_kept_is_true_or_false) {
    BOOST_TEST(Compiled(SandboxDefinition(R"({"last_use": true})")).records_use);
    BOOST_TEST(!Compiled(SandboxDefinition(R"({"last_use": false})")).records_use);
    BOOST_TEST(!Compiled(SandboxDefinition()).records_use);
    CheckRefused(SandboxDefinition(R"({"last_use": "yes"})"), "last_use", "is neither true nor false");
}
BOOST_AUTO_TEST_CASE(an_extension_of_an_unknown_setting_is_refused) {
    for (const char* setting : {R"("wait")", R"("")", "true", "[]"}) {
        std::string extend = R"({"actions": {"extend": {"from": ["running"], "by": ["owner"], "extend": )";
        std::string named = std::string(setting) == R"("wait")" ? "wait" : "";
        CheckRefused(SandboxDefinition(extend + setting + "}}}"), "actions.extend.extend",
                     "no timer has the setting \"" + named + "\"");
    }
}
BOOST_AUTO_TEST_CASE(an_unknown_member_of_a_timer_is_refused) {
    CheckRefused(WithTimer(R"({"every": "1 hour"})"), "timers.running", "has no member \"every\"");
}
BOOST_AUTO_TEST_CASE(a_timers_setting_without_a_proper_name_is_refused) {
    CheckRefused(WithTimer(R"({"after": "time to live"})"), "timers.running.after",
                 "is not a setting's name");
}
BOOST_AUTO_TEST_CASE(a_timer_that_counts_from_nothing_known_is_refused) {
    CheckRefused(WithTimer(R"({"from": "updated"})"), "timers.running.from",
                 "is not one of its words, such as \"entered\"");
}
BOOST_AUTO_TEST_CASE(a_timer_without_a_default_is_refused) {
    CheckRefused(WithTimer(R"({"default": null})"), "timers.running.default",
                 "is missing: how long the timer runs");
}
BOOST_AUTO_TEST_CASE(a_timers_durations_that_are_none_are_refused) {
    for (const char* member : {"default", "min", "max"}) {
        nlohmann::json definition = SandboxDefinition();
        definition["timers"]["running"][member] = "soon";
        CheckRefused(definition, std::string("timers.running.") + member, kDuration);
        definition["timers"]["running"][member] = 3600;
        CheckRefused(definition, std::string("timers.running.") + member, kDuration);
    }
}
BOOST_AUTO_TEST_CASE(a_timers_default_outside_its_limits_is_refused) {
    constexpr char kOutside[] = "is not between min and max";
    CheckRefused(WithTimer(R"({"min": "3601 seconds"})"), "timers.running.default", kOutside);
    CheckRefused(WithTimer(R"({"max": "3599 seconds"})"), "timers.running.default", kOutside);
    CheckTaken(WithTimer(R"({"min": "60 minutes", "max": "1 hour"})"));
}
BOOST_AUTO_TEST_CASE(a_timer_without_an_action_is_refused) {
    constexpr char kNothing[] = "has no action: \"do\" names what happens when the time is up";
    CheckRefused(WithTimer(R"({"do": null})"), "timers.running", kNothing);
    CheckRefused(WithTimer(R"({"do": ["stop"]})"), "timers.running", kNothing);
}
BOOST_AUTO_TEST_CASE(a_timer_with_an_unknown_action_is_refused) {
    CheckRefused(WithTimer(R"({"do": "vanish"})"), "timers.running.do", "the action \"vanish\" is unknown");
}
BOOST_AUTO_TEST_CASE(a_timer_says_nothing_and_counts_from_the_entry_from_a_second_to_ten_years) {
    core::Lifecycle lifecycle = Compiled(ManyTimers(1));
    BOOST_TEST((lifecycle.timers[0].anchor == core::Anchor::entered));
    BOOST_TEST(lifecycle.timers[0].parameter.Empty());
    BOOST_TEST(lifecycle.timers[0].minimum == core::kSecond);
    BOOST_TEST(lifecycle.timers[0].maximum == core::kLongest);
}

BOOST_AUTO_TEST_SUITE_END()
