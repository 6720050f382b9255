// The meter: time in metered states, and no other, up to the end or the deadline.
#include "sessions.hpp"

#include <boost/test/unit_test.hpp>

using namespace curfew;
using namespace curfew::test;

namespace {

constexpr core::Relation kOperates = core::Relation::party;

core::SessionFacts Assigned() {
    return After(BuiltIn("visual"), NewSession(BuiltIn("visual")), "accept", kBegan, kOperates);
}
core::SessionFacts Live() {
    return After(BuiltIn("visual"), Assigned(), "start", kBegan + kMinute, kOperates);
}

core::Microseconds MeteredAt(const core::SessionFacts& session, core::Instant now) {
    return core::PresentOf(BuiltIn("visual"), session, now).metered;
}

} // namespace

BOOST_AUTO_TEST_SUITE(meter)

BOOST_AUTO_TEST_CASE(nothing_is_metered_before_the_start) {
    BOOST_TEST(Assigned().started_at == core::kUnset);
    BOOST_TEST(MeteredAt(Assigned(), kBegan + kMinute) == 0);
}
BOOST_AUTO_TEST_CASE(a_live_session_is_metered_to_the_microsecond_as_time_goes_by) {
    BOOST_TEST(Live().started_at == kBegan + kMinute);
    BOOST_TEST(MeteredAt(Live(), kBegan + kMinute) == 0);
    BOOST_TEST(MeteredAt(Live(), kBegan + kMinute + 1) == 1);
    BOOST_TEST(MeteredAt(Live(), kBegan + 2 * kMinute) == kMinute);
}
BOOST_AUTO_TEST_CASE(a_moment_before_the_entry_counts_nothing) { BOOST_TEST(MeteredAt(Live(), kBegan) == 0); }
BOOST_AUTO_TEST_CASE(pauses_are_not_metered_and_the_start_stays_the_first) {
    const core::Lifecycle& visual = BuiltIn("visual");
    core::SessionFacts session = After(visual, Live(), "pause", kBegan + kMinute + 10 * kSecond, kOperates);
    BOOST_TEST(session.metered == 10 * kSecond);
    BOOST_TEST(MeteredAt(session, kBegan + 3 * kMinute) == 10 * kSecond);
    session = After(visual, session, "resume", kBegan + 4 * kMinute, kOperates);
    BOOST_TEST(session.started_at == kBegan + kMinute);
    BOOST_TEST(session.metered == 10 * kSecond);
    BOOST_TEST(MeteredAt(session, kBegan + 4 * kMinute + 3 * kSecond) == 13 * kSecond);
    session = After(visual, session, "end", kBegan + 4 * kMinute + 7 * kSecond);
    BOOST_TEST(session.metered == 17 * kSecond);
    BOOST_TEST(session.ended_at == kBegan + 4 * kMinute + 7 * kSecond);
    BOOST_TEST(MeteredAt(session, kBegan + 5 * kHour) == 17 * kSecond);
}
BOOST_AUTO_TEST_CASE(an_end_in_a_pause_adds_nothing) {
    const core::Lifecycle& visual = BuiltIn("visual");
    core::SessionFacts session = After(visual, Live(), "pause", kBegan + 2 * kMinute, kOperates);
    session = After(visual, session, "end", kBegan + 3 * kMinute);
    BOOST_TEST(session.metered == kMinute);
}
BOOST_AUTO_TEST_CASE(an_end_before_the_start_costs_nothing) {
    core::SessionFacts session = After(BuiltIn("visual"), Assigned(), "end", kBegan + 2 * kMinute);
    BOOST_TEST(session.started_at == core::kUnset);
    BOOST_TEST(session.metered == 0);
    BOOST_TEST(MeteredAt(session, kBegan + kHour) == 0);
}
BOOST_AUTO_TEST_CASE(a_live_session_that_expires_is_metered_to_its_deadline_and_no_further) {
    core::Instant deadline = kBegan + 11 * kMinute;
    BOOST_TEST(Live().deadline == deadline);
    BOOST_TEST(MeteredAt(Live(), deadline - 1) == 10 * kMinute - 1);
    BOOST_TEST(MeteredAt(Live(), deadline) == 10 * kMinute);
    BOOST_TEST(MeteredAt(Live(), deadline + kHour) == 10 * kMinute);
}
BOOST_AUTO_TEST_CASE(a_paused_session_that_expires_is_metered_to_its_pause) {
    core::SessionFacts session = After(BuiltIn("visual"), Live(), "pause", kBegan + 2 * kMinute, kOperates);
    BOOST_TEST(MeteredAt(session, kBegan + 11 * kMinute) == kMinute);
    BOOST_TEST(MeteredAt(session, kBegan + 5 * kHour) == kMinute);
}
BOOST_AUTO_TEST_CASE(a_mark_moves_neither_the_meter_nor_the_entry) {
    core::SessionFacts session = After(BuiltIn("visual"), Live(), "authorize", kBegan + 2 * kMinute);
    BOOST_TEST(session.metered == 0);
    BOOST_TEST(session.entered_at == kBegan + kMinute);
    BOOST_TEST(MeteredAt(session, kBegan + 3 * kMinute) == 2 * kMinute);
}

BOOST_AUTO_TEST_SUITE_END()
