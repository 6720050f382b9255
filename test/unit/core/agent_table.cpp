// The lifecycle `agent` against the contract truthlocks: the owner, the agent itself, or whoever of the
// tenant holds the scope sessions:terminate. Handing off is like it, with sessions:handoff: the contract
// leaves open who may. Its time is extended by its owner and the agent; a repeat has nothing left to give.
#include "table.hpp"

#include <boost/test/unit_test.hpp>

using namespace curfew;
using namespace curfew::test;

namespace {

const Table kAgents = {.lifecycle = "agent",
                       .states = {"active", "terminated", "expired", "handed_off"},
                       .actions = {"terminate", "hand_off", "extend", "expire"},
                       .lapses = {{"active", "expired"}},
                       .groups = {{"over", {"terminated", "expired", "handed_off"}}}};

// adm holds no scope, adm* all of them, as administrators do unless they are given fewer; lim is a key that
// is limited to reading, of a principal who holds all; bnd: owner, administrator and all, but with a key that
// is bound to another workspace.
const std::vector<Person> kPeople = {
    {.name = "own", .id = kOwner},
    {.name = "agt", .id = kAgent, .kind = core::Kind::agent},
    {.name = "opr", .key = Key::studio},
    {.name = "adm", .role = core::Role::admin},
    {.name = "adm*", .role = core::Role::admin, .scopes = {"*"}},
    {.name = "wadm", .home = core::Role::admin},
    {.name = "srv", .kind = core::Kind::service},
    {.name = "ter", .scopes = {"sessions:terminate"}},
    {.name = "han", .scopes = {"sessions:handoff"}},
    {.name = "ses*", .scopes = {"sessions:*"}},
    {.name = "lim", .scopes = {"*"}, .key_scopes = {{"sessions:read"}}},
    {.name = "mem", .home = core::Role::member},
    {.name = "strg"},
    {.name = "bnd",
     .id = kOwner,
     .kind = core::Kind::service,
     .role = core::Role::admin,
     .home = core::Role::admin,
     .key = Key::elsewhere,
     .scopes = {"*"}},
};

constexpr char kWho[] = R"(
    state  action    outcome    again | own  agt  opr  adm  adm* wadm srv  ter  han  ses* lim  mem  strg bnd
    active terminate terminated 409   | yes  yes  no   no   yes  no   no   yes  no   yes  no   no   no   no
    active hand_off  handed_off 409   | yes  yes  no   no   yes  no   no   no   yes  yes  no   no   no   no
    active extend    extend     422   | yes  yes  no   no   no   no   no   no   no   no   no   no   no   no
    active expire    .          .     | no   no   no   no   no   no   no   no   no   no   no   no   no   no

    over   terminate 409        .     | yes  yes  no   no   yes  no   no   yes  no   yes  no   no   no   no
    over   hand_off  409        .     | yes  yes  no   no   yes  no   no   no   yes  yes  no   no   no   no
    over   extend    409        .     | yes  yes  no   no   no   no   no   no   no   no   no   no   no   no
    over   expire    .          .     | no   no   no   no   no   no   no   no   no   no   no   no   no   no

    any    read      ok         .     | yes  yes  no   yes  yes  yes  yes  no   no   no   no   yes  no   no
)";

const std::vector<Person> kReaders = {
    {.name = "own", .id = kOwner, .role = core::Role::reader},
    {.name = "agt", .id = kAgent, .kind = core::Kind::agent, .role = core::Role::reader},
    {.name = "opr", .role = core::Role::reader, .key = Key::studio},
    {.name = "adm", .role = core::Role::admin, .home = core::Role::reader, .scopes = {"*"}},
    {.name = "srv", .kind = core::Kind::service, .role = core::Role::reader},
    {.name = "ses*", .role = core::Role::reader, .scopes = {"sessions:*"}},
    {.name = "mem", .home = core::Role::reader},
    {.name = "strg", .role = core::Role::reader},
};

constexpr char kReadersMay[] = R"(
    state  action     outcome  again | own  agt  opr  adm  srv  ses* mem  strg
    any    terminate  .        .     | rdr  rdr  no   yes  no   rdr  no   no
    any    hand_off   .        .     | rdr  rdr  no   yes  no   rdr  no   no
    any    extend     .        .     | rdr  rdr  no   no   no   no   no   no
    any    expire     .        .     | no   no   no   no   no   no   no   no
    any    read       .        .     | yes  yes  no   yes  yes  no   yes  no
)";

} // namespace

BOOST_AUTO_TEST_SUITE(agent_table)

BOOST_AUTO_TEST_CASE(an_agents_session_is_terminated_by_owner_agent_or_scope_while_it_is_active) {
    CheckTable(kAgents, kPeople, kWho);
}
BOOST_AUTO_TEST_CASE(a_reader_looks_at_an_agents_session_and_does_nothing_to_it) {
    CheckTable(kAgents, kReaders, kReadersMay);
}

BOOST_AUTO_TEST_SUITE_END()
