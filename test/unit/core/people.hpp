// The people of the tests, as the store would describe them to the core. The session is in a workspace called
// home; where it has an operator, that is the workspace called studio.
#pragma once

#include "core/decide.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace curfew::test {

// A different id per number.
constexpr core::Uuid Id(std::uint8_t number) {
    core::Uuid id{};
    id[15] = number;
    return id;
}

inline constexpr core::Uuid kOwner = Id(1), kAgent = Id(2), kSomebody = Id(3);
inline constexpr core::Uuid kHome = Id(11), kStudio = Id(12), kRival = Id(13), kElsewhere = Id(14);

// Which workspace a person's key is bound to. Studio and rival are operators' workspaces, elsewhere is none.
enum class Key { unbound, home, operating_home, studio, rival, elsewhere };

struct Person {
    std::string name = {};
    core::Uuid id = kSomebody;
    core::Kind kind = core::Kind::user;
    core::Role role = core::Role::member; // in the tenant
    core::Role home = core::Role::none;   // as a member of home
    core::Role studio = core::Role::none;
    core::Role rival = core::Role::none;
    Key key = Key::unbound;
    std::vector<std::string_view> scopes = {};
    std::optional<std::vector<std::string_view>> key_scopes = {};
};

// Whose the session is: kOwner's, running as kAgent, in home; in the studio's hands or in nobody's yet.
core::PartyFacts Parties(bool has_operator = true);

core::CallerFacts CallerOf(const Person& person, const core::PartyFacts& parties);
core::Standing StandingIn(const Person& person, const core::PartyFacts& parties, bool workspace_parties);

// Borrows the person's scopes.
core::Grants GrantsOf(const Person& person);

// A standing that has just these relations.
core::Standing Holding(std::initializer_list<core::Relation> relations);

} // namespace curfew::test
