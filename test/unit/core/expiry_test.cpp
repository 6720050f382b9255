// What the sweeper writes down: what a session has been since its deadline, by the clock's own action.
#include "sessions.hpp"

#include "core/expiry.hpp"

#include <boost/test/unit_test.hpp>

using namespace curfew;
using namespace curfew::test;

namespace {

// Everything that a reader is told is the same before and after.
void SaysTheSame(const core::Lifecycle& lifecycle, const core::SessionFacts& session, core::Instant later) {
    core::SessionFacts after = core::Expire(lifecycle, session);
    core::Present was = core::PresentOf(lifecycle, session, later);
    core::Present is = core::PresentOf(lifecycle, after, later);
    BOOST_TEST(was.expired);
    BOOST_TEST(!is.expired);
    BOOST_TEST(is.state == was.state);
    BOOST_TEST(is.ended_at == was.ended_at);
    BOOST_TEST(is.metered == was.metered);
    BOOST_TEST(after.marks == session.marks);
    BOOST_TEST(after.started_at == session.started_at);
    BOOST_TEST(after.deadline == session.deadline);
    BOOST_TEST(after.version == session.version + 1);
}

} // namespace

BOOST_AUTO_TEST_SUITE(expiry)

BOOST_AUTO_TEST_CASE(what_is_written_down_is_what_reads_said_in_each_built_in_state_with_a_timer) {
    int tried = 0;
    for (const char* name : {"agent", "conversation", "login", "run", "visual"}) {
        const core::Lifecycle& lifecycle = BuiltIn(name);
        for (int state = 0; state < lifecycle.state_count; ++state) {
            if (lifecycle.states[state].timers == 0)
                continue;
            core::SessionFacts session = SessionIn(lifecycle, lifecycle.states[state].name.View());
            session.metered = 5 * kMinute;
            session.started_at = kBegan;
            core::SetDeadline(lifecycle, session);
            SaysTheSame(lifecycle, session, session.deadline);
            SaysTheSame(lifecycle, session, session.deadline + kHour);
            ++tried;
        }
    }
    BOOST_TEST(tried == 7);
}
BOOST_AUTO_TEST_CASE(it_is_the_clocks_action_taken_at_the_deadline) {
    const core::Lifecycle& agent = BuiltIn("agent");
    core::SessionFacts session = NewSession(agent);
    int action = core::ExpiringAction(agent, session);
    BOOST_TEST(action == core::FindAction(agent, "expire"));
    core::SessionFacts taken = core::Take(agent, action, session, session.deadline);
    core::SessionFacts after = core::Expire(agent, session);
    BOOST_TEST(after.state == taken.state);
    BOOST_TEST(after.ended_at == taken.ended_at);
    BOOST_TEST(after.entered_at == taken.entered_at);
    BOOST_TEST(after.updated_at == taken.updated_at);
    BOOST_TEST(after.metered == taken.metered);
    BOOST_TEST(after.version == taken.version);
}
BOOST_AUTO_TEST_CASE(a_change_after_the_deadline_stays_the_last_change) {
    core::Lifecycle sandbox = Compiled(SandboxDefinition());
    core::SessionFacts session = After(sandbox, NewSession(sandbox), "start", kBegan);
    core::Instant late = kBegan + 2 * kHour;
    session = After(sandbox, session, "archive", late);
    core::SessionFacts after = core::Expire(sandbox, session);
    BOOST_TEST(after.updated_at == late);
    BOOST_TEST(after.ended_at == kBegan + kHour);
    SaysTheSame(sandbox, session, late);
}
BOOST_AUTO_TEST_CASE(where_the_lifecycle_has_lost_the_timer_the_deadline_still_makes_of_it_what_it_was_to) {
    core::Lifecycle agent = BuiltIn("agent");
    core::SessionFacts session = NewSession(agent);
    agent.timer_count = 0;
    BOOST_TEST(core::ExpiringAction(agent, session) == core::FindAction(agent, "expire")); // the clock's by name
    agent.actions[core::FindAction(agent, "expire")].by = 0;
    BOOST_TEST(core::ExpiringAction(agent, session) == core::kNone);
    SaysTheSame(agent, session, session.deadline);
}
BOOST_AUTO_TEST_CASE(only_what_has_a_deadline_and_has_not_ended_can_expire) {
    const core::Lifecycle& agent = BuiltIn("agent");
    BOOST_TEST(core::CanExpire(NewSession(agent)));
    BOOST_TEST(!core::CanExpire(After(agent, NewSession(agent), "terminate", kBegan + kMinute)));
    BOOST_TEST(!core::CanExpire(NewSession(BuiltIn("login"))));
}

BOOST_AUTO_TEST_SUITE_END()
