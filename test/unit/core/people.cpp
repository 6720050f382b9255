#include "people.hpp"

namespace curfew::test {
namespace {

core::MaybeUuid WorkspaceOf(Key key) {
    switch (key) {
    case Key::unbound:
        return {};
    case Key::home:
    case Key::operating_home:
        return {true, kHome};
    case Key::studio:
        return {true, kStudio};
    case Key::rival:
        return {true, kRival};
    case Key::elsewhere:
        return {true, kElsewhere};
    }
    return {};
}

} // namespace

core::PartyFacts Parties(bool has_operator) {
    core::PartyFacts parties;
    parties.owner = kOwner;
    parties.agent = {true, kAgent};
    parties.workspace = {true, kHome};
    if (has_operator)
        parties.operator_workspace = {true, kStudio};
    return parties;
}

core::CallerFacts CallerOf(const Person& person, const core::PartyFacts& parties) {
    core::CallerFacts caller;
    caller.principal = person.id;
    caller.kind = person.kind;
    caller.role = person.role;
    caller.bound_workspace = WorkspaceOf(person.key);
    caller.bound_is_operator =
        person.key == Key::operating_home || person.key == Key::studio || person.key == Key::rival;
    if (parties.workspace.set)
        caller.workspace_role = person.home;
    if (parties.operator_workspace.set)
        caller.operator_workspace_role = person.studio;
    if (person.key == Key::studio)
        caller.bound_role = person.studio;
    else if (person.key == Key::home || person.key == Key::operating_home)
        caller.bound_role = person.home;
    else if (person.key == Key::rival)
        caller.bound_role = person.rival;
    return caller;
}

core::Standing StandingIn(const Person& person, const core::PartyFacts& parties, bool workspace_parties) {
    return core::StandingOf(CallerOf(person, parties), parties, workspace_parties);
}

core::Grants GrantsOf(const Person& person) {
    core::Grants grants;
    grants.principal = person.scopes;
    grants.limited = person.key_scopes.has_value();
    if (grants.limited)
        grants.credential = *person.key_scopes;
    return grants;
}

core::Standing Holding(std::initializer_list<core::Relation> relations) {
    core::Standing standing;
    for (core::Relation relation : relations)
        standing.relations |= core::Bit(relation);
    return standing;
}

} // namespace curfew::test
