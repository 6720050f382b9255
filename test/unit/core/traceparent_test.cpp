// What a traceparent is, by examples of the standard and their neighbours.
#include "core/traceparent.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using curfew::core::IsTraceparent;

BOOST_AUTO_TEST_SUITE(traceparent)

const std::string kGood = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

BOOST_AUTO_TEST_CASE(the_standards_example_is_one) {
    BOOST_TEST(IsTraceparent(kGood));
    BOOST_TEST(IsTraceparent("00-00000000000000000000000000000001-0000000000000001-00"));
}

BOOST_AUTO_TEST_CASE(ids_of_zeros_are_none) {
    BOOST_TEST(!IsTraceparent("00-00000000000000000000000000000000-00f067aa0ba902b7-01"));
    BOOST_TEST(!IsTraceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01"));
}

BOOST_AUTO_TEST_CASE(every_character_counts) {
    for (std::size_t i = 0; i < kGood.size(); ++i) {
        std::string wrong = kGood;
        wrong[i] = 'g';
        BOOST_TEST(!IsTraceparent(wrong), wrong);
    }
    BOOST_TEST(!IsTraceparent(""));
    BOOST_TEST(!IsTraceparent(kGood + "0"));
    BOOST_TEST(!IsTraceparent(kGood.substr(1)));
    BOOST_TEST(!IsTraceparent("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01"));
    BOOST_TEST(!IsTraceparent("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
}

BOOST_AUTO_TEST_SUITE_END()
