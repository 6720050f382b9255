// The lifecycle `visual` against the contract luxxon: who may do what in which state, with every scope in
// hand.
#include "visual_people.hpp"

#include <boost/test/unit_test.hpp>

using namespace curfew;
using namespace curfew::test;

namespace {

const std::vector<std::string_view> kScopes = {"sessions:read", "sessions:create", "sessions:operate"};

// The consumer: its workspace's key, a member, an administrator of it, and a key where the workspace operates
// too. The operator: its workspace's key, and a member. rivl: the key of another operator's workspace; othr:
// the key of a workspace that operates nothing; mvd: the principal who asked, with that same key.
const std::vector<Person> kPeople = {
    {.name = "cons", .key = Key::home, .scopes = kScopes},
    {.name = "cmem", .home = core::Role::member, .scopes = kScopes},
    {.name = "cadm", .home = core::Role::admin, .scopes = kScopes},
    {.name = "cops", .key = Key::operating_home, .scopes = kScopes},
    {.name = "oper", .key = Key::studio, .scopes = kScopes},
    {.name = "omem", .studio = core::Role::member, .scopes = kScopes},
    {.name = "rivl", .key = Key::rival, .scopes = kScopes},
    {.name = "othr", .key = Key::elsewhere, .scopes = kScopes},
    {.name = "mvd", .id = kOwner, .key = Key::elsewhere, .scopes = kScopes},
    {.name = "adm", .role = core::Role::admin, .scopes = {"*"}},
    {.name = "srv", .kind = core::Kind::service, .scopes = {"*"}},
    {.name = "agt", .id = kAgent, .kind = core::Kind::agent, .scopes = {"*"}},
    {.name = "strg", .scopes = {"*"}},
};

// `over` is ENDED, EXPIRED and CANCELLED. Before anybody accepted there is no operator.
constexpr char kWho[] = R"(
state     action            outcome   again | cons cmem cadm cops oper omem rivl othr mvd  adm  srv  agt  strg
REQUESTED cancel            CANCELLED 409   | yes  yes  yes  yes  no   no   no   no   no   no   no   no   no
REQUESTED accept            ASSIGNED  409   | no   no   no   no   yes  no   yes  no   no   no   no   no   no
REQUESTED dispatch          ASSIGNED  409   | yes  yes  yes  yes  no   no   no   no   no   no   no   no   no
REQUESTED authorize         +authorized same | yes yes  yes  yes  no   no   no   no   no   no   no   no   no
REQUESTED+authorized authorize same   .     | yes  yes  yes  yes  no   no   no   no   no   no   no   no   no
REQUESTED start             .         .     | no   no   no   no   no   no   no   no   no   no   no   no   no
REQUESTED publish           .         .     | no   no   no   no   no   no   no   no   no   no   no   no   no
REQUESTED+published publish .       .     | no   no   no   no   no   no   no   no   no   no   no   no   no
REQUESTED live              .         .     | no   no   no   no   no   no   no   no   no   no   no   no   no
REQUESTED pause             .         .     | no   no   no   no   no   no   no   no   no   no   no   no   no
REQUESTED resume            .         .     | no   no   no   no   no   no   no   no   no   no   no   no   no
REQUESTED end               409       .     | yes  yes  yes  yes  no   no   no   no   no   no   no   no   no
REQUESTED cancel_assignment .         .     | no   no   no   no   no   no   no   no   no   no   no   no   no
REQUESTED expire            .         .     | no   no   no   no   no   no   no   no   no   no   no   no   no
REQUESTED read              ok        .     | yes  yes  yes  yes  yes  no   yes  no   no   no   no   no   no

ASSIGNED  cancel            409       .     | yes  yes  yes  yes  no   no   no   no   no   no   no   no   no
ASSIGNED  accept            409       .     | no   no   no   no   yes  yes  yes  no   no   no   no   no   no
ASSIGNED  dispatch          409       .     | yes  yes  yes  yes  no   no   no   no   no   no   no   no   no
ASSIGNED  authorize         +authorized same | yes yes  yes  yes  no   no   no   no   no   no   no   no   no
ASSIGNED+authorized authorize same    .     | yes  yes  yes  yes  no   no   no   no   no   no   no   no   no
ASSIGNED  start             LIVE      409   | no   no   no   no   yes  yes  no   no   no   no   no   no   no
ASSIGNED  publish           +published 409   | no   no   no   no   yes  yes  no   no   no   no   no   no   no
ASSIGNED+published publish  409       .     | no   no   no   no   yes  yes  no   no   no   no   no   no   no
ASSIGNED  live              LIVE      same  | no   no   no   no   yes  yes  no   no   no   no   no   no   no
ASSIGNED  pause             409       .     | no   no   no   no   yes  yes  no   no   no   no   no   no   no
ASSIGNED  resume            409       .     | no   no   no   no   yes  yes  no   no   no   no   no   no   no
ASSIGNED  end               ENDED     409   | yes  yes  yes  yes  yes  yes  no   no   no   no   no   no   no
ASSIGNED  cancel_assignment CANCELLED 409   | no   no   no   no   yes  yes  no   no   no   no   no   no   no
ASSIGNED  expire            .         .     | no   no   no   no   no   no   no   no   no   no   no   no   no
ASSIGNED  read              ok        .     | yes  yes  yes  yes  yes  yes  no   no   no   no   no   no   no

LIVE      cancel            409       .     | yes  yes  yes  yes  no   no   no   no   no   no   no   no   no
LIVE      accept            409       .     | no   no   no   no   yes  yes  yes  no   no   no   no   no   no
LIVE      dispatch          409       .     | yes  yes  yes  yes  no   no   no   no   no   no   no   no   no
LIVE      authorize         +authorized same | yes yes  yes  yes  no   no   no   no   no   no   no   no   no
LIVE+authorized authorize   same      .     | yes  yes  yes  yes  no   no   no   no   no   no   no   no   no
LIVE      start             409       .     | no   no   no   no   yes  yes  no   no   no   no   no   no   no
LIVE      publish           409       .     | no   no   no   no   yes  yes  no   no   no   no   no   no   no
LIVE+published     publish  409       .     | no   no   no   no   yes  yes  no   no   no   no   no   no   no
LIVE      live              same      .     | no   no   no   no   yes  yes  no   no   no   no   no   no   no
LIVE      pause             PAUSED    409   | no   no   no   no   yes  yes  no   no   no   no   no   no   no
LIVE      resume            409       .     | no   no   no   no   yes  yes  no   no   no   no   no   no   no
LIVE      end               ENDED     409   | yes  yes  yes  yes  yes  yes  no   no   no   no   no   no   no
LIVE      cancel_assignment 409       .     | no   no   no   no   yes  yes  no   no   no   no   no   no   no
LIVE      expire            .         .     | no   no   no   no   no   no   no   no   no   no   no   no   no
LIVE      read              ok        .     | yes  yes  yes  yes  yes  yes  no   no   no   no   no   no   no

PAUSED    cancel            409       .     | yes  yes  yes  yes  no   no   no   no   no   no   no   no   no
PAUSED    accept            409       .     | no   no   no   no   yes  yes  yes  no   no   no   no   no   no
PAUSED    dispatch          409       .     | yes  yes  yes  yes  no   no   no   no   no   no   no   no   no
PAUSED    authorize         +authorized same | yes yes  yes  yes  no   no   no   no   no   no   no   no   no
PAUSED+authorized authorize same      .     | yes  yes  yes  yes  no   no   no   no   no   no   no   no   no
PAUSED    start             409       .     | no   no   no   no   yes  yes  no   no   no   no   no   no   no
PAUSED    publish           409       .     | no   no   no   no   yes  yes  no   no   no   no   no   no   no
PAUSED+published   publish  409       .     | no   no   no   no   yes  yes  no   no   no   no   no   no   no
PAUSED    live              409       .     | no   no   no   no   yes  yes  no   no   no   no   no   no   no
PAUSED    pause             409       .     | no   no   no   no   yes  yes  no   no   no   no   no   no   no
PAUSED    resume            LIVE      409   | no   no   no   no   yes  yes  no   no   no   no   no   no   no
PAUSED    end               ENDED     409   | yes  yes  yes  yes  yes  yes  no   no   no   no   no   no   no
PAUSED    cancel_assignment 409       .     | no   no   no   no   yes  yes  no   no   no   no   no   no   no
PAUSED    expire            .         .     | no   no   no   no   no   no   no   no   no   no   no   no   no
PAUSED    read              ok        .     | yes  yes  yes  yes  yes  yes  no   no   no   no   no   no   no

over      cancel            409       .     | yes  yes  yes  yes  no   no   no   no   no   no   no   no   no
over      accept            409       .     | no   no   no   no   yes  yes  yes  no   no   no   no   no   no
over      dispatch          409       .     | yes  yes  yes  yes  no   no   no   no   no   no   no   no   no
over      authorize         409       .     | yes  yes  yes  yes  no   no   no   no   no   no   no   no   no
over+authorized authorize   same      .     | yes  yes  yes  yes  no   no   no   no   no   no   no   no   no
over      start             409       .     | no   no   no   no   yes  yes  no   no   no   no   no   no   no
over      publish           409       .     | no   no   no   no   yes  yes  no   no   no   no   no   no   no
over+published     publish  409       .     | no   no   no   no   yes  yes  no   no   no   no   no   no   no
over      live              409       .     | no   no   no   no   yes  yes  no   no   no   no   no   no   no
over      pause             409       .     | no   no   no   no   yes  yes  no   no   no   no   no   no   no
over      resume            409       .     | no   no   no   no   yes  yes  no   no   no   no   no   no   no
over      end               409       .     | yes  yes  yes  yes  yes  yes  no   no   no   no   no   no   no
over      cancel_assignment 409       .     | no   no   no   no   yes  yes  no   no   no   no   no   no   no
over      expire            .         .     | no   no   no   no   no   no   no   no   no   no   no   no   no
over      read              ok        .     | yes  yes  yes  yes  yes  yes  no   no   no   no   no   no   no
)";

} // namespace

BOOST_AUTO_TEST_SUITE(visual_table)

BOOST_AUTO_TEST_CASE(a_video_session_goes_where_consumer_and_operator_may_take_it) {
    CheckTable(VisualTable(), kPeople, kWho);
}

BOOST_AUTO_TEST_SUITE_END()
