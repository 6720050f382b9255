// What a caller is to a session.
#include "people.hpp"

#include <boost/test/unit_test.hpp>

#include <set>

using namespace curfew;
using namespace curfew::test;

namespace {

constexpr bool kPrincipals = false, kWorkspaces = true;

std::string Words(const core::Standing& standing) {
    std::string words;
    for (int i = 0; i < core::kRelations; ++i)
        if (standing.relations & core::Bit(static_cast<core::Relation>(i)))
            words += std::string(core::kRelationWords[i]) + " ";
    words += standing.candidate ? "candidate " : "";
    words += standing.reader ? "reader " : "";
    if (!words.empty())
        words.pop_back();
    return words;
}

// Everything that a person is to the session, in words.
std::string Is(const Person& person, bool workspace_parties, const core::PartyFacts& parties = Parties()) {
    return Words(StandingIn(person, parties, workspace_parties));
}

core::PartyFacts Nowhere() {
    core::PartyFacts parties = Parties(false);
    parties.workspace = {};
    return parties;
}

} // namespace

BOOST_AUTO_TEST_SUITE(standing)

BOOST_AUTO_TEST_CASE(roles_and_kinds_are_read_from_their_words) {
    BOOST_TEST((core::RoleOf("admin") == core::Role::admin));
    BOOST_TEST((core::RoleOf("member") == core::Role::member));
    BOOST_TEST((core::RoleOf("reader") == core::Role::reader));
    for (const char* word : {"", "Admin", "owner"})
        BOOST_TEST((core::RoleOf(word) == core::Role::none), word);
    BOOST_TEST((core::KindOf("service") == core::Kind::service));
    BOOST_TEST((core::KindOf("agent") == core::Kind::agent));
    for (const char* word : {"user", "", "Service"})
        BOOST_TEST((core::KindOf(word) == core::Kind::user), word);
}
BOOST_AUTO_TEST_CASE(each_relation_has_a_word_of_its_own) {
    BOOST_TEST(core::WordOf(core::Relation::owner) == "owner");
    BOOST_TEST(core::WordOf(core::Relation::party) == "operator");
    BOOST_TEST(core::WordOf(core::Relation::clock) == "clock");
    std::set<std::string_view> words(std::begin(core::kRelationWords), std::end(core::kRelationWords));
    BOOST_TEST(words.size() == std::size_t{core::kRelations});
}

BOOST_AUTO_TEST_CASE(owner_and_agent_are_those_whom_the_session_names) {
    BOOST_TEST(Is({.id = kOwner}, kPrincipals) == "owner");
    BOOST_TEST(Is({.id = kAgent, .kind = core::Kind::agent}, kPrincipals) == "agent");
    BOOST_TEST(Is({.id = kSomebody, .kind = core::Kind::agent}, kPrincipals) == "");
    core::PartyFacts parties = Parties();
    parties.agent = {true, kOwner};
    BOOST_TEST(Is({.id = kOwner}, kPrincipals, parties) == "owner agent");
}
BOOST_AUTO_TEST_CASE(a_session_without_an_agent_has_none_not_even_the_nameless) {
    core::PartyFacts parties = Parties();
    parties.agent = {};
    BOOST_TEST(Is({.id = core::Uuid{}}, kPrincipals, parties) == "");
}
BOOST_AUTO_TEST_CASE(an_administrator_of_the_tenant_or_of_the_workspace_is_a_member_too) {
    BOOST_TEST(Is({.role = core::Role::admin}, kPrincipals) == "admin member");
    BOOST_TEST(Is({.home = core::Role::admin}, kPrincipals) == "admin member");
    BOOST_TEST(Is({.role = core::Role::admin}, kPrincipals, Nowhere()) == "admin member");
}
BOOST_AUTO_TEST_CASE(a_member_of_the_workspace_is_one_whatever_his_role_there) {
    BOOST_TEST(Is({.home = core::Role::member}, kPrincipals) == "member");
    BOOST_TEST(Is({.home = core::Role::reader}, kPrincipals) == "member reader");
    BOOST_TEST(Is({.studio = core::Role::member}, kPrincipals) == "");
}
BOOST_AUTO_TEST_CASE(a_service_of_the_tenant_is_one_to_every_session) {
    BOOST_TEST(Is({.kind = core::Kind::service}, kPrincipals) == "service");
    BOOST_TEST(Is({.id = kOwner, .kind = core::Kind::service}, kPrincipals) == "owner service");
}

BOOST_AUTO_TEST_CASE(a_reader_is_one_by_his_role_in_the_workspace_or_else_in_the_tenant) {
    BOOST_TEST(Is({.id = kOwner, .role = core::Role::reader}, kPrincipals) == "owner reader");
    BOOST_TEST(Is({.id = kOwner, .home = core::Role::reader}, kPrincipals) == "owner member reader");
    BOOST_TEST(Is({.id = kOwner, .role = core::Role::reader, .home = core::Role::member}, kPrincipals) ==
               "owner member");
}
BOOST_AUTO_TEST_CASE(an_administrator_of_the_tenant_is_no_reader) {
    BOOST_TEST(Is({.role = core::Role::admin, .home = core::Role::reader}, kPrincipals) == "admin member");
}
BOOST_AUTO_TEST_CASE(a_reader_of_the_tenant_who_administers_the_workspace_is_none_there) {
    BOOST_TEST(Is({.role = core::Role::reader, .home = core::Role::admin}, kPrincipals) == "admin member");
}

BOOST_AUTO_TEST_CASE(a_key_that_is_bound_to_another_workspace_makes_its_principal_nobody) {
    Person everything = {.id = kOwner,
                         .kind = core::Kind::service,
                         .role = core::Role::admin,
                         .home = core::Role::admin,
                         .key = Key::elsewhere};
    BOOST_TEST(Is(everything, kPrincipals) == "");
    everything.id = kAgent;
    BOOST_TEST(Is(everything, kPrincipals) == "");
    everything.key = Key::rival;
    BOOST_TEST(Is(everything, kPrincipals) == "");
}
BOOST_AUTO_TEST_CASE(a_bound_key_is_nobody_to_a_session_that_is_in_no_workspace) {
    BOOST_TEST(Is({.id = kOwner, .role = core::Role::admin, .key = Key::home}, kPrincipals, Nowhere()) == "");
    BOOST_TEST(Is({.id = kOwner}, kPrincipals, Nowhere()) == "owner");
}
BOOST_AUTO_TEST_CASE(a_key_is_elsewhere_when_it_is_bound_to_another_workspace) {
    auto elsewhere = [](Key key, const core::PartyFacts& parties = Parties()) {
        return StandingIn({.key = key}, parties, kWorkspaces).elsewhere;
    };
    BOOST_TEST(!elsewhere(Key::unbound));
    BOOST_TEST(!elsewhere(Key::unbound, Nowhere()));
    BOOST_TEST(!elsewhere(Key::home));
    for (Key key : {Key::studio, Key::rival, Key::elsewhere})
        BOOST_TEST(elsewhere(key));
    BOOST_TEST(elsewhere(Key::home, Nowhere()));
}
BOOST_AUTO_TEST_CASE(a_key_that_is_bound_to_the_sessions_workspace_takes_nothing_away) {
    BOOST_TEST(Is({.id = kOwner, .home = core::Role::member, .key = Key::home}, kPrincipals) ==
               "owner member");
    BOOST_TEST(Is({.role = core::Role::admin, .key = Key::home}, kPrincipals) == "admin member");
}
BOOST_AUTO_TEST_CASE(a_bound_key_alone_owns_nothing_where_principals_own) {
    BOOST_TEST(Is({.key = Key::home}, kPrincipals) == "");
    BOOST_TEST(Is({.key = Key::studio}, kPrincipals) == "");
}

BOOST_AUTO_TEST_CASE(where_workspaces_own_the_principal_who_asked_is_nobody_by_that) {
    BOOST_TEST(Is({.id = kOwner}, kWorkspaces) == "");
}
BOOST_AUTO_TEST_CASE(a_workspaces_own_key_and_its_members_speak_for_it) {
    BOOST_TEST(Is({.key = Key::home}, kWorkspaces) == "owner");
    BOOST_TEST(Is({.home = core::Role::member}, kWorkspaces) == "owner member");
    BOOST_TEST(Is({.home = core::Role::admin}, kWorkspaces) == "owner admin member");
    BOOST_TEST(Is({.key = Key::studio}, kWorkspaces) == "operator candidate");
    BOOST_TEST(Is({.studio = core::Role::member}, kWorkspaces) == "operator");
    BOOST_TEST(Is({.studio = core::Role::admin}, kWorkspaces) == "operator");
}
BOOST_AUTO_TEST_CASE(a_member_who_may_only_read_speaks_for_no_workspace) {
    BOOST_TEST(Is({.home = core::Role::reader}, kWorkspaces) == "member reader");
    BOOST_TEST(Is({.studio = core::Role::reader}, kWorkspaces) == "");
}
BOOST_AUTO_TEST_CASE(who_is_a_member_of_both_speaks_for_both_unless_the_key_is_bound) {
    BOOST_TEST(Is({.home = core::Role::member, .studio = core::Role::member}, kWorkspaces) ==
               "owner operator member");
    BOOST_TEST(Is({.home = core::Role::member, .studio = core::Role::member, .key = Key::home},
                  kWorkspaces) == "owner member");
    BOOST_TEST(Is({.home = core::Role::member, .studio = core::Role::member, .key = Key::studio},
                  kWorkspaces) == "operator candidate");
}
BOOST_AUTO_TEST_CASE(a_key_of_another_operators_workspace_is_a_candidate_and_no_party) {
    BOOST_TEST(Is({.key = Key::rival}, kWorkspaces) == "candidate");
    BOOST_TEST(Is({.key = Key::studio}, kWorkspaces, Parties(false)) == "candidate");
    BOOST_TEST(Is({.home = core::Role::member, .key = Key::rival}, kWorkspaces) == "candidate");
}
BOOST_AUTO_TEST_CASE(the_sessions_own_workspace_is_no_candidate_even_if_it_operates) {
    BOOST_TEST(Is({.key = Key::operating_home}, kWorkspaces) == "owner");
}
BOOST_AUTO_TEST_CASE(a_workspace_that_operates_nothing_is_no_candidate) {
    BOOST_TEST(Is({.key = Key::elsewhere}, kWorkspaces) == "");
}
BOOST_AUTO_TEST_CASE(where_nobody_operates_yet_nobody_is_the_operator) {
    BOOST_TEST(Is({.studio = core::Role::admin}, kWorkspaces, Parties(false)) == "");
}
BOOST_AUTO_TEST_CASE(a_reader_with_an_operators_key_is_a_reader_still) {
    BOOST_TEST(Is({.role = core::Role::reader, .key = Key::studio}, kWorkspaces) ==
               "operator candidate reader");
    BOOST_TEST(Is({.role = core::Role::reader, .key = Key::rival}, kWorkspaces) == "candidate reader");
    BOOST_TEST(Is({.rival = core::Role::reader, .key = Key::rival}, kWorkspaces, Parties(false)) ==
               "candidate reader");
}

BOOST_AUTO_TEST_CASE(with_an_operators_key_the_role_in_the_operators_workspace_counts) {
    BOOST_TEST(Is({.studio = core::Role::reader, .key = Key::studio}, kWorkspaces) ==
               "operator candidate reader");
    BOOST_TEST(Is({.role = core::Role::reader, .studio = core::Role::member, .key = Key::studio},
                  kWorkspaces) == "operator candidate");
    BOOST_TEST(Is({.home = core::Role::reader, .key = Key::studio}, kWorkspaces) == "operator candidate");
}

BOOST_AUTO_TEST_SUITE_END()
