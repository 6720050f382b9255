// Which scopes cover which, and what a limited credential leaves of its principal's.
#include "core/scopes.hpp"

#include <boost/test/unit_test.hpp>

using namespace curfew::core;

namespace {

constexpr std::string_view kAll[] = {"*"}, kRead[] = {"sessions:read"},
                           kSome[] = {"sessions:read", "agents:*"}, kSessions[] = {"sessions:*"};

Grants Of(Scopes principal) {
    Grants grants;
    grants.principal = principal;
    return grants;
}
Grants Limited(Scopes principal, Scopes credential) {
    Grants grants = Of(principal);
    grants.credential = credential;
    grants.limited = true;
    return grants;
}

} // namespace

BOOST_AUTO_TEST_SUITE(scopes)

BOOST_AUTO_TEST_CASE(a_scope_covers_itself_and_no_other) {
    BOOST_TEST(ScopeCovers("sessions:read", "sessions:read"));
    for (const char* other :
         {"sessions:reads", "sessions:rea", "sessions", "sessions:", "agents:read", "Sessions:read"})
        BOOST_TEST(!ScopeCovers("sessions:read", other), other);
}
BOOST_AUTO_TEST_CASE(a_star_covers_everything) {
    for (const char* any : {"sessions:read", "sessions:*", "*", "x"})
        BOOST_TEST(ScopeCovers("*", any), any);
}
BOOST_AUTO_TEST_CASE(a_star_after_a_colon_covers_what_begins_so) {
    BOOST_TEST(ScopeCovers("sessions:*", "sessions:read"));
    BOOST_TEST(ScopeCovers("sessions:*", "sessions:read:own"));
    BOOST_TEST(ScopeCovers("sessions:*", "sessions:*"));
    BOOST_TEST(ScopeCovers("sessions:read:*", "sessions:read:own"));
    for (const char* other : {"sessions", "sessionsx:read", "agents:read", "*", "session:read"})
        BOOST_TEST(!ScopeCovers("sessions:*", other), other);
}
BOOST_AUTO_TEST_CASE(a_star_anywhere_else_is_a_letter_like_any_other) {
    BOOST_TEST(!ScopeCovers("sess*", "sessions"));
    BOOST_TEST(!ScopeCovers("*:read", "sessions:read"));
    BOOST_TEST(!ScopeCovers("sessions:*:own", "sessions:read:own"));
    BOOST_TEST(ScopeCovers("sess*", "sess*"));
}
BOOST_AUTO_TEST_CASE(a_wanted_star_is_covered_by_a_star_alone) {
    BOOST_TEST(!ScopeCovers("sessions:read", "sessions:*"));
    BOOST_TEST(!ScopeCovers("sessions:read", "*"));
    BOOST_TEST(!ScopeCovers("", "*"));
}
BOOST_AUTO_TEST_CASE(of_several_scopes_one_that_covers_is_enough) {
    BOOST_TEST(AnyScopeCovers(kSome, "sessions:read"));
    BOOST_TEST(AnyScopeCovers(kSome, "agents:kill"));
    BOOST_TEST(!AnyScopeCovers(kSome, "sessions:terminate"));
    BOOST_TEST(!AnyScopeCovers({}, "sessions:read"));
}
BOOST_AUTO_TEST_CASE(no_scope_wanted_is_always_held) {
    BOOST_TEST(Of({}).Cover(""));
    BOOST_TEST(Limited({}, {}).Cover(""));
}
BOOST_AUTO_TEST_CASE(without_a_limit_the_principals_scopes_count) {
    BOOST_TEST(Of(kRead).Cover("sessions:read"));
    BOOST_TEST(!Of(kRead).Cover("sessions:terminate"));
    BOOST_TEST(!Of({}).Cover("sessions:read"));
}
BOOST_AUTO_TEST_CASE(a_limited_credential_has_only_what_both_have) {
    BOOST_TEST(Limited(kAll, kRead).Cover("sessions:read"));
    BOOST_TEST(!Limited(kAll, kRead).Cover("sessions:terminate"));
    BOOST_TEST(Limited(kRead, kAll).Cover("sessions:read"));
    BOOST_TEST(!Limited(kRead, kAll).Cover("sessions:terminate"));
    BOOST_TEST(Limited(kSessions, kRead).Cover("sessions:read"));
    BOOST_TEST(!Limited(kSome, kSessions).Cover("agents:kill"));
}
BOOST_AUTO_TEST_CASE(a_credential_limited_to_nothing_has_nothing) {
    BOOST_TEST(!Limited(kAll, {}).Cover("sessions:read"));
}
BOOST_AUTO_TEST_CASE(the_scopes_of_an_unlimited_credential_add_nothing) {
    Grants grants = Of(kRead);
    grants.credential = kAll;
    BOOST_TEST(!grants.Cover("sessions:terminate"));
}

BOOST_AUTO_TEST_SUITE_END()
