// What a caller is to a session. Pure C++.
#pragma once

#include "core/name.hpp"

#include <cstdint>
#include <string_view>

namespace curfew::core {

// In the order in which an audit row names the relation that allowed an action.
enum class Relation : std::uint8_t {
    owner,        // the session is the caller's, or of the workspace the caller acts for
    agent,        // the session runs as the caller
    party,        // the other party: spelled `operator`
    admin,        // an administrator of the tenant or of the session's workspace
    service,      // a service of the tenant
    scope,        // anybody of the tenant who holds the action's `by_scope`
    member,       // a member of the session's workspace
    clock,        // a timer
};
inline constexpr int kRelations = 8;

using RelationMask = std::uint16_t;

constexpr RelationMask Bit(Relation relation) noexcept {
    return static_cast<RelationMask>(1u << static_cast<unsigned>(relation));
}

inline constexpr std::string_view kRelationWords[kRelations] = {"owner",   "agent", "operator", "admin",
                                                                "service", "scope", "member",   "clock"};

constexpr std::string_view WordOf(Relation relation) noexcept {
    return kRelationWords[static_cast<int>(relation)];
}

using Uuid = std::array<std::uint8_t, 16>;

enum class Role : std::uint8_t { none, reader, member, admin };
enum class Kind : std::uint8_t { user, service, agent };

// `admin`, `member`, `reader`; anything else is none.
Role RoleOf(std::string_view word) noexcept;
// `service`, `agent`; anything else is user.
Kind KindOf(std::string_view word) noexcept;

// A possibly absent id.
struct MaybeUuid {
    bool set = false;
    Uuid id{};
};

// Who is asking, as the store read it for this very statement.
struct CallerFacts {
    Uuid principal{};
    Kind kind = Kind::user;
    Role role = Role::none;          // in the tenant
    MaybeUuid bound_workspace;       // the credential acts for this workspace only
    bool bound_is_operator = false;  // that workspace, or with none one of the caller's own, may take the operator's place
    Role bound_role = Role::none;    // membership in that workspace
    Role workspace_role = Role::none;          // membership in the session's workspace
    Role operator_workspace_role = Role::none; // membership in the session's operator workspace
};

// Whose the session is.
struct PartyFacts {
    Uuid owner{};
    MaybeUuid agent;
    MaybeUuid workspace;
    MaybeUuid operator_workspace;
};

struct Standing {
    RelationMask relations = 0;
    bool candidate = false; // could take the empty or disputed operator's place
    bool reader = false;    // reads only, whatever the relation
    bool elsewhere = false; // the credential is bound to another workspace: it is no more than that workspace
};

// The caller's standing. With `workspace_parties`, owner and operator are the workspaces' people; otherwise
// the owner is one principal.
Standing StandingOf(const CallerFacts& caller, const PartyFacts& parties, bool workspace_parties) noexcept;

} // namespace curfew::core
