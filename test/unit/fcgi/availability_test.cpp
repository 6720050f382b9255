#include "availability.hpp"

#include <boost/test/unit_test.hpp>

using namespace curfew::front;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(availability)

BOOST_AUTO_TEST_CASE(while_the_database_answers_everybody_may_connect) {
    Availability availability;
    const Availability::Clock::time_point now{1h};
    for (int i = 0; i < 3; ++i)
        BOOST_TEST(availability.MayTry(now));
}

BOOST_AUTO_TEST_CASE(after_a_failure_nobody_tries_for_a_while_and_then_one_at_a_time) {
    Availability availability;
    const Availability::Clock::time_point now{1h};
    availability.Failed(now);
    BOOST_TEST(!availability.MayTry(now));
    BOOST_TEST(!availability.MayTry(now + Availability::kPause - 1ms));
    BOOST_TEST(availability.MayTry(now + Availability::kPause));
    BOOST_TEST(!availability.MayTry(now + Availability::kPause + 1h));
}

BOOST_AUTO_TEST_CASE(another_failure_begins_another_pause) {
    Availability availability;
    const Availability::Clock::time_point now{1h};
    availability.Failed(now);
    BOOST_TEST(availability.MayTry(now + 1s));
    availability.Failed(now + 4s);
    BOOST_TEST(!availability.MayTry(now + 4s));
    BOOST_TEST(availability.MayTry(now + 4s + Availability::kPause));
}

BOOST_AUTO_TEST_CASE(a_connection_opens_it_to_everybody_again) {
    Availability availability;
    const Availability::Clock::time_point now{1h};
    availability.Failed(now);
    BOOST_TEST(availability.MayTry(now + 1s));
    availability.Connected();
    for (int i = 0; i < 3; ++i)
        BOOST_TEST(availability.MayTry(now + 1s));
}

BOOST_AUTO_TEST_SUITE_END()
