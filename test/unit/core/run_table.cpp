// The lifecycle `run` against the contract devin: terminate, wake, message and tag are for the owner, a service of
// the organisation and an administrator; block, finish and update for the agent and a service; expire for the clock.
#include "table.hpp"

#include <boost/test/unit_test.hpp>

using namespace curfew;
using namespace curfew::test;

namespace {

const Table kRun = {.lifecycle = "run",
                    .states = {"working", "blocked", "finished", "expired", "terminated"},
                    .actions = {"block", "wake", "finish", "terminate", "expire", "message", "tag", "update"},
                    .lapses = {{"working", "expired"}, {"blocked", "expired"}},
                    .groups = {{"exited", {"finished", "expired", "terminated"}}}};

// bnd: owner, service, administrator and all, but with a key that is bound to another workspace.
const std::vector<Person> kPeople = {
    {.name = "own", .id = kOwner},
    {.name = "agt", .id = kAgent, .kind = core::Kind::agent},
    {.name = "opr", .key = Key::studio},
    {.name = "adm", .role = core::Role::admin},
    {.name = "wadm", .home = core::Role::admin},
    {.name = "srv", .kind = core::Kind::service},
    {.name = "scp", .scopes = {"*"}},
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

// Who reads is not said by the contract: those near the session.
constexpr char kWho[] = R"(
    state    action     outcome     again | own  agt  opr  adm  wadm srv  scp  mem  strg bnd
    working  block      blocked     409   | no   yes  no   no   no   yes  no   no   no   no
    working  wake       409         .     | yes  no   no   yes  yes  yes  no   no   no   no
    working  finish     finished    409   | no   yes  no   no   no   yes  no   no   no   no
    working  terminate  terminated  409   | yes  no   no   yes  yes  yes  no   no   no   no
    working  expire     .           .     | no   no   no   no   no   no   no   no   no   no
    working  message    edit        edit  | yes  no   no   yes  yes  yes  no   no   no   no
    working  update     edit        edit  | no   yes  no   no   no   yes  no   no   no   no

    blocked  block      409         .     | no   yes  no   no   no   yes  no   no   no   no
    blocked  wake       working     409   | yes  no   no   yes  yes  yes  no   no   no   no
    blocked  finish     finished    409   | no   yes  no   no   no   yes  no   no   no   no
    blocked  terminate  terminated  409   | yes  no   no   yes  yes  yes  no   no   no   no
    blocked  expire     .           .     | no   no   no   no   no   no   no   no   no   no
    blocked  message    edit        edit  | yes  no   no   yes  yes  yes  no   no   no   no
    blocked  update     edit        edit  | no   yes  no   no   no   yes  no   no   no   no

    exited   block      409         .     | no   yes  no   no   no   yes  no   no   no   no
    exited   wake       409         .     | yes  no   no   yes  yes  yes  no   no   no   no
    exited   finish     409         .     | no   yes  no   no   no   yes  no   no   no   no
    exited   terminate  409         .     | yes  no   no   yes  yes  yes  no   no   no   no
    exited   expire     .           .     | no   no   no   no   no   no   no   no   no   no
    exited   message    409         .     | yes  no   no   yes  yes  yes  no   no   no   no
    exited   update     409         .     | no   yes  no   no   no   yes  no   no   no   no

    any      tag        edit        edit  | yes  no   no   yes  yes  yes  no   no   no   no
    any      read       ok          .     | yes  yes  no   yes  yes  yes  no   yes  no   no
)";

const std::vector<Person> kReaders = {
    {.name = "own", .id = kOwner, .role = core::Role::reader},
    {.name = "wown", .id = kOwner, .home = core::Role::reader},
    {.name = "agt", .id = kAgent, .kind = core::Kind::agent, .role = core::Role::reader},
    {.name = "opr", .role = core::Role::reader, .key = Key::studio},
    {.name = "adm", .role = core::Role::admin, .home = core::Role::reader},
    {.name = "srv", .kind = core::Kind::service, .role = core::Role::reader},
    {.name = "scp", .role = core::Role::reader, .scopes = {"*"}},
    {.name = "mem", .home = core::Role::reader},
    {.name = "strg", .role = core::Role::reader},
};

constexpr char kReadersMay[] = R"(
    state  action     outcome  again | own  wown agt  opr  adm  srv  scp  mem  strg
    any    block      .        .     | no   no   rdr  no   no   rdr  no   no   no
    any    wake       .        .     | rdr  rdr  no   no   yes  rdr  no   no   no
    any    finish     .        .     | no   no   rdr  no   no   rdr  no   no   no
    any    terminate  .        .     | rdr  rdr  no   no   yes  rdr  no   no   no
    any    expire     .        .     | no   no   no   no   no   no   no   no   no
    any    message    .        .     | rdr  rdr  no   no   yes  rdr  no   no   no
    any    tag        .        .     | rdr  rdr  no   no   yes  rdr  no   no   no
    any    update     .        .     | no   no   rdr  no   no   rdr  no   no   no
    any    read       .        .     | yes  yes  yes  no   yes  yes  no   yes  no
)";

} // namespace

BOOST_AUTO_TEST_SUITE(run_table)

BOOST_AUTO_TEST_CASE(a_run_is_terminated_by_owner_service_or_administrator_until_it_has_exited) {
    CheckTable(kRun, kPeople, kWho);
}
BOOST_AUTO_TEST_CASE(a_reader_looks_at_a_run_and_does_nothing_to_it) {
    CheckTable(kRun, kReaders, kReadersMay);
}

BOOST_AUTO_TEST_SUITE_END()
