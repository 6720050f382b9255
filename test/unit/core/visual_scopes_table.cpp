// The lifecycle `visual` against the contract luxxon: which scope each action needs, whatever the state, and
// that a reader looks on. sessions:create is for creating and cancelling, sessions:operate for accepting,
// starting, ending.
#include "visual_people.hpp"

#include <boost/test/unit_test.hpp>

using namespace curfew;
using namespace curfew::test;

namespace {

// The consumer's keys (c) and the operator's (o): to read, to create, to operate, to do nothing; lim is a key
// that is limited to reading, of a principal who holds all.
const std::vector<Person> kPeople = {
    {.name = "c.rd", .key = Key::home, .scopes = {"sessions:read"}},
    {.name = "c.cr", .key = Key::home, .scopes = {"sessions:create"}},
    {.name = "c.op", .key = Key::home, .scopes = {"sessions:operate"}},
    {.name = "c.no", .key = Key::home, .scopes = {}},
    {.name = "c.lim", .key = Key::home, .scopes = {"*"}, .key_scopes = {{"sessions:read"}}},
    {.name = "o.rd", .key = Key::studio, .scopes = {"sessions:read"}},
    {.name = "o.cr", .key = Key::studio, .scopes = {"sessions:create"}},
    {.name = "o.op", .key = Key::studio, .scopes = {"sessions:operate"}},
    {.name = "o.no", .key = Key::studio, .scopes = {}},
    {.name = "o.lim", .key = Key::studio, .scopes = {"*"}, .key_scopes = {{"sessions:read"}}},
};

constexpr char kScopes[] = R"(
    state     action            outcome again | c.rd c.cr c.op c.no c.lim o.rd o.cr o.op o.no o.lim
    any       cancel            .       .     | scp  yes  scp  scp  scp   no   no   no   no   no
    any       dispatch          .       .     | scp  yes  scp  scp  scp   no   no   no   no   no
    any       accept            .       .     | no   no   no   no   no    scp  scp  yes  scp  scp
    any       authorize         .       .     | scp  yes  scp  scp  scp   no   no   no   no   no
    any+authorized authorize    .       .     | scp  yes  scp  scp  scp   no   no   no   no   no
    REQUESTED start             .       .     | no   no   no   no   no    no   no   no   no   no
    REQUESTED publish           .       .     | no   no   no   no   no    no   no   no   no   no
    REQUESTED+published publish    .       .     | no   no   no   no   no    no   no   no   no   no
    taken     start             .       .     | no   no   no   no   no    scp  scp  yes  scp  scp
    taken     publish           .       .     | no   no   no   no   no    scp  scp  yes  scp  scp
    taken+published publish    .       .     | no   no   no   no   no    scp  scp  yes  scp  scp
    REQUESTED live              .       .     | no   no   no   no   no    no   no   no   no   no
    taken     live              .       .     | no   no   no   no   no    scp  scp  yes  scp  scp
    REQUESTED pause             .       .     | no   no   no   no   no    no   no   no   no   no
    taken     pause             .       .     | no   no   no   no   no    scp  scp  yes  scp  scp
    REQUESTED resume            .       .     | no   no   no   no   no    no   no   no   no   no
    taken     resume            .       .     | no   no   no   no   no    scp  scp  yes  scp  scp
    REQUESTED end               .       .     | scp  scp  yes  scp  scp   no   no   no   no   no
    taken     end               .       .     | scp  scp  yes  scp  scp   scp  scp  yes  scp  scp
    REQUESTED cancel_assignment .       .     | no   no   no   no   no    no   no   no   no   no
    taken     cancel_assignment .       .     | no   no   no   no   no    scp  scp  yes  scp  scp
    any       expire            .       .     | no   no   no   no   no    no   no   no   no   no
    any       read              .       .     | yes  scp  scp  scp  yes   yes  scp  scp  scp  yes
)";

// Readers: with the consumer's key, by tenant and by workspace; a member who may only read is nobody's voice.
const std::vector<Person> kConsumersReaders = {
    {.name = "c.key", .role = core::Role::reader, .key = Key::home, .scopes = {"*"}},
    {.name = "c.wrd", .home = core::Role::reader, .key = Key::home, .scopes = {"*"}},
    {.name = "c.mem", .home = core::Role::reader, .scopes = {"*"}},
};

constexpr char kConsumersReadersMay[] = R"(
    state     action            outcome again | c.key c.wrd c.mem
    any       cancel            .       .     | rdr   rdr   no
    any       dispatch          .       .     | rdr   rdr   no
    any       accept            .       .     | no    no    no
    any       authorize         .       .     | rdr   rdr   no
    any+authorized authorize    .       .     | rdr   rdr   no
    any       start             .       .     | no    no    no
    any       publish           .       .     | no    no    no
    any+published publish    .       .     | no    no    no
    any       live              .       .     | no    no    no
    any       pause             .       .     | no    no    no
    any       resume            .       .     | no    no    no
    any       end               .       .     | rdr   rdr   no
    any       cancel_assignment .       .     | no    no    no
    any       expire            .       .     | no    no    no
    any       read              .       .     | yes   yes   no
)";

// The same on the operator's side, and with a rival's key.
const std::vector<Person> kOperatorsReaders = {
    {.name = "o.key", .role = core::Role::reader, .key = Key::studio, .scopes = {"*"}},
    {.name = "o.mem", .studio = core::Role::reader, .scopes = {"*"}},
    {.name = "r.key", .role = core::Role::reader, .key = Key::rival, .scopes = {"*"}},
};

constexpr char kOperatorsReadersMay[] = R"(
    state     action            outcome again | o.key o.mem r.key
    any       cancel            .       .     | no    no    no
    any       dispatch          .       .     | no    no    no
    any       accept            .       .     | rdr   no    rdr
    any       authorize         .       .     | no    no    no
    any+authorized authorize    .       .     | no    no    no
    REQUESTED start             .       .     | no    no    no
    REQUESTED publish           .       .     | no    no    no
    REQUESTED+published publish    .       .     | no    no    no
    taken     start             .       .     | rdr   no    no
    taken     publish           .       .     | rdr   no    no
    taken+published publish    .       .     | rdr   no    no
    REQUESTED live              .       .     | no    no    no
    taken     live              .       .     | rdr   no    no
    REQUESTED pause             .       .     | no    no    no
    taken     pause             .       .     | rdr   no    no
    REQUESTED resume            .       .     | no    no    no
    taken     resume            .       .     | rdr   no    no
    REQUESTED end               .       .     | no    no    no
    taken     end               .       .     | rdr   no    no
    REQUESTED cancel_assignment .       .     | no    no    no
    taken     cancel_assignment .       .     | rdr   no    no
    any       expire            .       .     | no    no    no
    REQUESTED read              .       .     | yes   no    yes
    taken     read              .       .     | yes   no    no
)";

} // namespace

BOOST_AUTO_TEST_SUITE(visual_scopes_table)

BOOST_AUTO_TEST_CASE(each_action_on_a_video_session_needs_its_scope) {
    CheckTable(VisualTable(), kPeople, kScopes);
}
BOOST_AUTO_TEST_CASE(a_reader_of_the_consumer_looks_at_a_video_session_and_does_nothing_to_it) {
    CheckTable(VisualTable(), kConsumersReaders, kConsumersReadersMay);
}
BOOST_AUTO_TEST_CASE(a_reader_of_the_operator_looks_at_a_video_session_and_does_nothing_to_it) {
    CheckTable(VisualTable(), kOperatorsReaders, kOperatorsReadersMay);
}

BOOST_AUTO_TEST_SUITE_END()
