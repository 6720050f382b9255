// The lifecycle `login` against the contract dhcp-shield: end one's own session, or any as an administrator.
#include "table.hpp"

#include <boost/test/unit_test.hpp>

using namespace curfew;
using namespace curfew::test;

namespace {

const Table kLogin = {.lifecycle = "login", .states = {"active", "ended"}, .actions = {"end"}};

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

constexpr char kWho[] = R"(
    state   action  outcome  again | own  agt  opr  adm  wadm srv  scp  mem  strg bnd
    active  end     ended    409   | yes  no   no   yes  yes  no   no   no   no   no
    ended   end     409      .     | yes  no   no   yes  yes  no   no   no   no   no
    any     read    ok       .     | yes  no   no   yes  yes  no   no   no   no   no
)";

// A reader's own login is his own to end.
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
    state   action  outcome  again | own  wown agt  opr  adm  srv  scp  mem  strg
    active  end     ended    409   | yes  yes  no   no   yes  no   no   no   no
    ended   end     409      .     | yes  yes  no   no   yes  no   no   no   no
    any     read    ok       .     | yes  yes  no   no   yes  no   no   no   no
)";

} // namespace

BOOST_AUTO_TEST_SUITE(login_table)

BOOST_AUTO_TEST_CASE(a_login_is_ended_by_its_owner_or_an_administrator_once) {
    CheckTable(kLogin, kPeople, kWho);
}
BOOST_AUTO_TEST_CASE(a_reader_ends_his_own_login) { CheckTable(kLogin, kReaders, kReadersMay); }

BOOST_AUTO_TEST_SUITE_END()
