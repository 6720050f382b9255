// A definition that is well-formed and cannot work is refused, with the place and the reason.
#include "refused.hpp"

using namespace curfew;
using namespace curfew::test;

BOOST_AUTO_TEST_SUITE(check)

BOOST_AUTO_TEST_CASE(a_session_that_would_begin_ended_is_refused) {
    CheckRefused(SmallDefinition(R"({"initial": "done"})"), "initial",
                 "a session cannot begin in the terminal state \"done\"");
}
BOOST_AUTO_TEST_CASE(sessions_that_nobody_may_read_are_refused) {
    CheckRefused(SmallDefinition(R"({"read": {"by": []}})"), "read.by", "nobody may read these sessions");
}
BOOST_AUTO_TEST_CASE(a_clock_that_reads_is_refused) {
    CheckRefused(SmallDefinition(R"({"read": {"by": ["owner", "clock"]}})"), "read.by",
                 "the clock does not read");
}
BOOST_AUTO_TEST_CASE(an_action_that_nobody_may_take_is_refused) {
    CheckRefused(SmallDefinition(R"({"actions": {"end": {"by": []}}})"), "actions.end.by",
                 "nobody may take this action");
    CheckRefused(SmallDefinition(R"({"actions": {"end": {"by": null}}})"), "actions.end.by",
                 "nobody may take this action");
}
BOOST_AUTO_TEST_CASE(an_action_for_holders_of_a_scope_alone_is_taken) {
    CheckTaken(SmallDefinition(R"({"actions": {"end": {"by": null, "by_scope": "things:end"}}})"));
}
BOOST_AUTO_TEST_CASE(a_clock_without_a_timer_is_refused) {
    CheckRefused(SmallDefinition(R"({"actions": {"end": {"by": ["clock"]}}})"), "actions.end.by",
                 "no timer does this action, so the clock cannot");
}
BOOST_AUTO_TEST_CASE(a_clock_that_would_have_to_give_a_reason_is_refused) {
    CheckRefused(SandboxDefinition(R"({"actions": {"stop": {"reason": "required"}}})"), "actions.stop.reason",
                 "the clock gives no reason");
    CheckTaken(SandboxDefinition(R"({"actions": {"stop": {"reason": "none"}}})"));
}
BOOST_AUTO_TEST_CASE(an_action_of_the_operators_where_there_is_none_is_refused) {
    CheckRefused(SmallDefinition(R"({"actions": {"end": {"by": ["operator", "owner"]}}})"), "actions.end.by",
                 "\"operator\" needs \"parties\": \"workspaces\"");
    CheckRefused(SmallDefinition(R"({"read": {"by": ["operator"]}})"), "read.by",
                 "\"operator\" needs \"parties\": \"workspaces\"");
}
BOOST_AUTO_TEST_CASE(a_repeat_that_would_answer_for_anothers_acceptance_is_refused) {
    CheckRefused(SmallDefinition(R"({"parties": "workspaces",
                     "actions": {"end": {"by": ["operator"], "assigns": "operator", "again": "same"}}})"),
                 "actions.end.again", "another's place is not one's own: who assigns is refused a repeat");
}
BOOST_AUTO_TEST_CASE(who_dispatches_is_no_operator_but_needs_workspaces) {
    CheckRefused(SmallDefinition(R"({"actions": {"end": {"assigns": "idle_operator"}}})"), "actions.end.assigns",
                 "\"idle_operator\" needs \"parties\": \"workspaces\"");
    CheckTaken(SmallDefinition(R"({"parties": "workspaces", "actions": {"end": {"assigns": "idle_operator"}}})"));
}
BOOST_AUTO_TEST_CASE(giving_the_operators_place_to_others_is_refused) {
    CheckRefused(SmallDefinition(R"({"parties": "workspaces", "actions": {"end": {"assigns": "operator"}}})"),
                 "actions.end.assigns", "needs \"operator\" among those who may act");
    CheckTaken(SmallDefinition(
        R"({"parties": "workspaces", "actions": {"end": {"by": ["operator"], "assigns": "operator"}}})"));
}
BOOST_AUTO_TEST_CASE(an_edit_is_for_people_and_can_be_made_again) {
    nlohmann::json note = {{"note", {{"from", "*"}, {"edit", true}, {"by", {"owner"}}}}};
    auto with = [&](const char* member, nlohmann::json value) {
        nlohmann::json definition = SmallDefinition();
        definition["actions"].update(note);
        definition["actions"]["note"][member] = std::move(value);
        return definition;
    };
    CheckTaken(with("from", "*"));
    CheckRefused(with("again", "same"), "actions.note.again",
                 "an edit can be made again, and is another one then");
    nlohmann::json clock = SandboxDefinition();
    clock["actions"]["stop"].erase("to");
    clock["actions"]["stop"]["edit"] = true;
    CheckRefused(clock, "actions.stop.by", "the clock edits nothing");
    nlohmann::json assigns = with("assigns", "operator");
    assigns["parties"] = "workspaces";
    assigns["actions"]["note"]["by"] = {"operator"};
    CheckRefused(assigns, "actions.note.assigns", "an edit assigns nobody");
}
BOOST_AUTO_TEST_CASE(a_way_out_of_a_terminal_state_is_refused) {
    CheckRefused(
        SmallDefinition(R"({"actions": {"reopen": {"from": ["done"], "to": "open", "by": ["owner"]}}})"),
        "actions.reopen.from", "leads out of the terminal state \"done\"");
    CheckRefused(SmallDefinition(R"({"actions": {"end": {"from": "*"}}})"), "actions.end.from",
                 "leads out of the terminal state \"done\"");
}
BOOST_AUTO_TEST_CASE(a_mark_on_an_ended_session_is_taken) {
    CheckTaken(
        SmallDefinition(R"({"actions": {"keep": {"from": ["done"], "mark": "kept", "by": ["owner"]}}})"));
}
BOOST_AUTO_TEST_CASE(an_action_that_leads_only_to_where_it_starts_is_refused) {
    CheckRefused(
        SmallDefinition(R"({"actions": {"stay": {"from": ["open"], "to": "open", "by": ["owner"]}}})"),
        "actions.stay.to", "leads only to where it starts");
}
BOOST_AUTO_TEST_CASE(a_state_that_nothing_leads_to_is_refused) {
    CheckRefused(SmallDefinition(R"({"states": {"lost": {}}})"), "states.lost",
                 "nothing leads to this state");
    CheckRefused(SmallDefinition(R"({"states": {"lost": {}, "found": {}}, "actions": {
                     "find": {"from": ["lost"], "to": "found", "by": ["owner"]},
                     "lose": {"from": ["found"], "to": "lost", "by": ["owner"]}}})"),
                 "states.found", "nothing leads to this state");
}
BOOST_AUTO_TEST_CASE(a_state_that_is_only_marked_and_never_entered_is_refused) {
    CheckRefused(SmallDefinition(R"({"actions": {"end": {"to": null, "mark": "done"}}})"), "states.done",
                 "nothing leads to this state");
}
BOOST_AUTO_TEST_CASE(a_terminal_state_that_is_live_or_metered_is_refused) {
    CheckRefused(SmallDefinition(R"({"states": {"done": {"live": true}}})"), "states.done",
                 "a terminal state is not live");
    CheckRefused(SmallDefinition(R"({"states": {"done": {"metered": true}}})"), "states.done",
                 "a terminal state is not metered");
}
BOOST_AUTO_TEST_CASE(a_timer_on_a_terminal_state_is_refused) {
    CheckRefused(SandboxDefinition(R"({"timers": {"stopped": {"default": "1 hour", "do": "stop"}}})"),
                 "timers.stopped", "a terminal state needs no timer");
}
BOOST_AUTO_TEST_CASE(a_timer_whose_action_is_not_the_clocks_is_refused) {
    CheckRefused(SandboxDefinition(R"({"actions": {"stop": {"by": ["owner"]}}})"), "timers.running.do",
                 "the action \"stop\" does not name \"clock\" among those who may take it");
}
BOOST_AUTO_TEST_CASE(a_timer_whose_action_starts_elsewhere_is_refused) {
    CheckRefused(SandboxDefinition(R"({"actions": {"stop": {"from": ["creating", "paused"]}}})"),
                 "timers.running.do", "the action \"stop\" does not start from this state");
}
BOOST_AUTO_TEST_CASE(a_timer_that_leads_to_no_end_is_refused) {
    CheckRefused(
        SandboxDefinition(R"({"actions": {"stop": {"by": ["owner"]}, "pause": {"by": ["owner", "clock"]}},
                                       "timers": {"running": {"do": "pause"}}})"),
        "timers.running.do", "a timer leads to a terminal state");
    CheckRefused(
        SandboxDefinition(R"({"actions": {"stop": {"by": ["owner"]}, "archive": {"by": ["owner", "clock"]}},
                                       "timers": {"running": {"do": "archive"}}})"),
        "timers.running.do", "a timer leads to a terminal state");
}
BOOST_AUTO_TEST_CASE(a_timer_that_only_marks_is_refused_whatever_is_terminal) {
    CheckRefused(SmallDefinition(R"({"actions": {"keep": {"from": ["open"], "mark": "kept", "by": ["clock"]}},
                                     "timers": {"open": {"default": "1 hour", "do": "keep"}}})"),
                 "timers.open.do", "a timer leads to a terminal state");
}
BOOST_AUTO_TEST_CASE(one_setting_with_two_defaults_or_limits_is_refused) {
    constexpr char kTwo[] = "the setting \"ttl\" has two different defaults or limits";
    constexpr char kAlike[] =
        R"({"timers": {"paused": {"after": "ttl", "default": "1 hour", "max": "24 hours", "do": "stop"}}})";
    CheckTaken(SandboxDefinition(kAlike));
    for (const char* difference :
         {R"({"default": "2 hours"})", R"({"min": "5 seconds"})", R"({"max": "23 hours"})"}) {
        nlohmann::json definition = SandboxDefinition(kAlike);
        definition["timers"]["paused"].merge_patch(nlohmann::json::parse(difference));
        CheckRefused(definition, "timers.paused.after", kTwo);
    }
    CheckTaken(SandboxDefinition(
        R"({"timers": {"paused": {"after": "rest", "default": "2 hours", "do": "stop"}}})"));
}
BOOST_AUTO_TEST_CASE(two_timers_of_one_state_with_one_setting_are_refused) {
    nlohmann::json definition = SandboxDefinition();
    nlohmann::json ttl = definition["timers"]["running"], again = ttl;
    again["from"] = "used";
    definition["timers"]["running"] = {ttl, again};
    CheckRefused(definition, "timers.running.after", "two timers of the state have the setting \"ttl\"");
    again.erase("after");
    definition["timers"]["running"] = {again, again, ttl};
    CheckTaken(definition);
}
BOOST_AUTO_TEST_CASE(every_timer_of_a_state_is_checked) {
    nlohmann::json definition = SandboxDefinition();
    nlohmann::json ttl = definition["timers"]["running"];
    definition["timers"]["running"] = {ttl, {{"default", "1 hour"}, {"do", "pause"}}};
    CheckRefused(definition, "timers.running.do",
                 "the action \"pause\" does not name \"clock\" among those who may take it");
}
BOOST_AUTO_TEST_CASE(an_extension_where_its_setting_does_not_run_is_refused) {
    auto with = [](const char* extend) {
        return SandboxDefinition(R"({"actions": {"extend": )" + std::string(extend) + "}}");
    };
    CheckTaken(with(R"({"from": ["running"], "extend": "ttl", "by": ["owner"]})"));
    CheckRefused(with(R"({"from": ["running", "paused"], "extend": "ttl", "by": ["owner"]})"), "actions.extend.from",
                 "no timer of the state \"paused\" has the setting \"ttl\"");
    CheckRefused(with(R"({"from": "*", "extend": "ttl", "by": ["owner"]})"), "actions.extend.from",
                 "no timer of the state \"creating\" has the setting \"ttl\"");
    CheckRefused(with(R"({"from": ["running"], "extend": "ttl", "by": ["owner"], "again": "same"})"),
                 "actions.extend.again", "a repeat extends it again");
    CheckRefused(with(R"({"from": ["running"], "extend": "ttl", "by": ["owner", "clock"]})"), "actions.extend.by",
                 "no timer does this action, so the clock cannot");
}
BOOST_AUTO_TEST_CASE(an_extension_of_what_is_fixed_is_refused) {
    CheckRefused(SandboxDefinition(R"({"actions": {"extend": {"from": ["running"], "extend": "ttl", "by": ["owner"]}},
                                       "timers": {"running": {"min": "1 hour", "max": "1 hour"}}})"),
                 "actions.extend.extend", "the setting \"ttl\" is fixed: its min is its max");
}
BOOST_AUTO_TEST_CASE(an_extension_that_ends_a_session_by_force_is_refused) {
    CheckRefused(SandboxDefinition(R"({"actions": {"extend": {"from": ["running"], "extend": "ttl", "by": ["owner"]}},
                                       "forced": ["extend"]})"),
                 "forced", "the action \"extend\" does not lead to a terminal state");
}

BOOST_AUTO_TEST_SUITE_END()
