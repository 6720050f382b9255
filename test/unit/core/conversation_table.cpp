// The lifecycle `conversation` against the contract dreadnode: one state, and marks that are idempotent. A
// contributor on his own, an owner of the organisation (admin) on any, a reader looks; to those who are no
// members it is not there.
#include "table.hpp"

#include <boost/test/unit_test.hpp>

using namespace curfew;
using namespace curfew::test;

namespace {

const Table kConversation = {.lifecycle = "conversation",
                             .states = {"open"},
                             .actions = {"archive", "unarchive", "pin", "unpin", "freeze", "label", "message", "update"}};

// left: the owner, who is a member no more; msrv: a service that is a member; scp: every scope, but no
// member; bnd: the owner, a member, with a key that is bound to another workspace.
const std::vector<Person> kPeople = {
    {.name = "own", .id = kOwner, .home = core::Role::member},
    {.name = "left", .id = kOwner},
    {.name = "agt", .id = kAgent, .kind = core::Kind::agent, .home = core::Role::member},
    {.name = "opr", .key = Key::studio},
    {.name = "adm", .role = core::Role::admin},
    {.name = "wadm", .home = core::Role::admin},
    {.name = "srv", .kind = core::Kind::service},
    {.name = "msrv", .kind = core::Kind::service, .home = core::Role::member},
    {.name = "scp", .scopes = {"*"}},
    {.name = "bnd", .id = kOwner, .home = core::Role::member, .key = Key::elsewhere},
    {.name = "mem", .home = core::Role::member},
    {.name = "strg"},
};

constexpr char kWho[] = R"(
    state          action     outcome    again | own  left agt  opr  adm  wadm srv  msrv scp  bnd  mem  strg
    open           archive    +archived  same  | yes  404  no   404  yes  yes  404  no   404  404  no   404
    open+archived  archive    same       .     | yes  404  no   404  yes  yes  404  no   404  404  no   404
    open           unarchive  same       .     | yes  404  no   404  yes  yes  404  no   404  404  no   404
    open+archived  unarchive  -archived  same  | yes  404  no   404  yes  yes  404  no   404  404  no   404
    open           pin        +pinned    same  | yes  404  no   404  yes  yes  404  no   404  404  no   404
    open+pinned    pin        same       .     | yes  404  no   404  yes  yes  404  no   404  404  no   404
    open           unpin      same       .     | yes  404  no   404  yes  yes  404  no   404  404  no   404
    open+pinned    unpin      -pinned    same  | yes  404  no   404  yes  yes  404  no   404  404  no   404
    open           freeze     +frozen    same  | yes  404  no   404  yes  yes  404  no   404  404  no   404
    open+frozen    freeze     same       .     | yes  404  no   404  yes  yes  404  no   404  404  no   404
    open           label      edit       edit  | yes  404  no   404  yes  yes  404  no   404  404  no   404
    open           message    edit       edit  | yes  404  yes  404  yes  yes  404  no   404  404  no   404
    open           update     edit       edit  | yes  404  yes  404  yes  yes  404  no   404  404  no   404
    open           read       ok         .     | yes  404  yes  404  yes  yes  404  yes  404  404  yes  404
)";

// own: the owner, who is a reader in the workspace; trd: a reader in the tenant, but a contributor in the
// workspace; adm: an administrator of the tenant, whatever the workspace says.
const std::vector<Person> kReaders = {
    {.name = "own", .id = kOwner, .home = core::Role::reader},
    {.name = "trd", .id = kOwner, .role = core::Role::reader, .home = core::Role::member},
    {.name = "agt", .id = kAgent, .kind = core::Kind::agent, .home = core::Role::reader},
    {.name = "adm", .role = core::Role::admin, .home = core::Role::reader},
    {.name = "wadm", .role = core::Role::reader, .home = core::Role::admin},
    {.name = "msrv", .kind = core::Kind::service, .home = core::Role::reader},
    {.name = "mem", .home = core::Role::reader},
    {.name = "strg", .role = core::Role::reader},
};

constexpr char kReadersMay[] = R"(
    state          action     outcome    again | own  trd  agt  adm  wadm msrv mem  strg
    open           archive    +archived  same  | rdr  yes  no   yes  yes  no   no   404
    open+archived  archive    same       .     | rdr  yes  no   yes  yes  no   no   404
    open           unarchive  same       .     | rdr  yes  no   yes  yes  no   no   404
    open+archived  unarchive  -archived  same  | rdr  yes  no   yes  yes  no   no   404
    open           pin        +pinned    same  | rdr  yes  no   yes  yes  no   no   404
    open+pinned    pin        same       .     | rdr  yes  no   yes  yes  no   no   404
    open           unpin      same       .     | rdr  yes  no   yes  yes  no   no   404
    open+pinned    unpin      -pinned    same  | rdr  yes  no   yes  yes  no   no   404
    open           freeze     +frozen    same  | rdr  yes  no   yes  yes  no   no   404
    open+frozen    freeze     same       .     | rdr  yes  no   yes  yes  no   no   404
    open           label      edit       edit  | rdr  yes  no   yes  yes  no   no   404
    open           message    edit       edit  | rdr  yes  rdr  yes  yes  no   no   404
    open           update     edit       edit  | rdr  yes  rdr  yes  yes  no   no   404
    open           read       ok         .     | yes  yes  yes  yes  yes  yes  yes  404
)";

} // namespace

BOOST_AUTO_TEST_SUITE(conversation_table)

BOOST_AUTO_TEST_CASE(a_conversation_is_marked_by_its_owner_or_an_administrator_and_again_is_the_same) {
    CheckTable(kConversation, kPeople, kWho);
}
BOOST_AUTO_TEST_CASE(a_reader_looks_at_a_conversation_and_does_nothing_to_it) {
    CheckTable(kConversation, kReaders, kReadersMay);
}

BOOST_AUTO_TEST_SUITE_END()
