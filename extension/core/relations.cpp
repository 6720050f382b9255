#include "core/relations.hpp"

namespace curfew::core {
namespace {

bool Same(const MaybeUuid& left, const MaybeUuid& right) noexcept {
    return left.set && right.set && left.id == right.id;
}

// Whether the caller speaks for `place`: its key is bound to that workspace, or, with an unbound credential,
// it belongs there as more than a reader.
bool SpeaksFor(const CallerFacts& caller, const MaybeUuid& place, Role role_there) noexcept {
    if (!place.set)
        return false;
    if (caller.bound_workspace.set)
        return Same(caller.bound_workspace, place);
    return role_there == Role::member || role_there == Role::admin;
}

} // namespace

Role RoleOf(std::string_view word) noexcept {
    if (word == "admin")
        return Role::admin;
    if (word == "member")
        return Role::member;
    return word == "reader" ? Role::reader : Role::none;
}

Kind KindOf(std::string_view word) noexcept {
    if (word == "service")
        return Kind::service;
    return word == "agent" ? Kind::agent : Kind::user;
}

Standing StandingOf(const CallerFacts& caller, const PartyFacts& parties, bool workspace_parties) noexcept {
    Standing standing;
    standing.elsewhere = caller.bound_workspace.set && !Same(caller.bound_workspace, parties.workspace);
    Role there = standing.elsewhere ? caller.bound_role : caller.workspace_role;
    Role effective = there != Role::none ? there : caller.role;
    standing.reader = caller.role != Role::admin && effective == Role::reader;

    if (workspace_parties) {
        if (SpeaksFor(caller, parties.workspace, caller.workspace_role))
            standing.relations |= Bit(Relation::owner);
        if (SpeaksFor(caller, parties.operator_workspace, caller.operator_workspace_role))
            standing.relations |= Bit(Relation::party);
        standing.candidate = caller.bound_is_operator && (standing.elsewhere || !caller.bound_workspace.set);
    } else if (!standing.elsewhere && caller.principal == parties.owner) {
        standing.relations |= Bit(Relation::owner);
    }
    if (standing.elsewhere)
        return standing;

    if (parties.agent.set && caller.principal == parties.agent.id)
        standing.relations |= Bit(Relation::agent);
    if (caller.workspace_role != Role::none)
        standing.relations |= Bit(Relation::member);
    if (caller.role == Role::admin || caller.workspace_role == Role::admin)
        standing.relations |= Bit(Relation::admin) | Bit(Relation::member);
    if (caller.kind == Kind::service)
        standing.relations |= Bit(Relation::service);
    return standing;
}

} // namespace curfew::core
