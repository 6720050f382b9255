// Ids in Crockford's base 32.
#include "core/crockford.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace curfew::core;

namespace {

using Bytes = std::array<std::uint8_t, 16>;

std::string TextOf(const Bytes& bytes) {
    std::string text(kCrockfordSize, ' ');
    CrockfordText(bytes.data(), text.data());
    return text;
}

// The bytes behind a text, written again; "none" where it is no id.
std::string Again(std::string_view text) {
    Bytes bytes{};
    return CrockfordBytes(text, bytes.data()) ? TextOf(bytes) : "none";
}

} // namespace

BOOST_AUTO_TEST_SUITE(crockford)

BOOST_AUTO_TEST_CASE(an_id_is_written_as_ulids_are) {
    BOOST_TEST(TextOf({}) == "00000000000000000000000000");
    Bytes ones;
    ones.fill(255);
    BOOST_TEST(TextOf(ones) == "7ZZZZZZZZZZZZZZZZZZZZZZZZZ");
    Bytes one{};
    one[15] = 1;
    BOOST_TEST(TextOf(one) == "00000000000000000000000001");
    BOOST_TEST(TextOf({0x01, 0x56, 0x3E, 0x3A, 0xB5, 0xD3, 0xD6, 0x76, 0x4C, 0x61, 0xEF, 0xB9, 0x93, 0x02, 0xBD, 0x5B}) ==
               "01ARZ3NDEKTSV4RRFFQ69G5FAV");
}
BOOST_AUTO_TEST_CASE(each_bit_comes_back) {
    for (int bit = 0; bit < 128; ++bit) {
        Bytes bytes{}, read{};
        bytes[bit / 8] = static_cast<std::uint8_t>(1 << bit % 8);
        BOOST_TEST(CrockfordBytes(TextOf(bytes), read.data()));
        BOOST_TEST((read == bytes), bit);
    }
}
BOOST_AUTO_TEST_CASE(either_case_is_read) {
    BOOST_TEST(Again("01arz3ndektsv4rrffq69g5fav") == "01ARZ3NDEKTSV4RRFFQ69G5FAV");
}
BOOST_AUTO_TEST_CASE(what_is_no_id_is_not_read) {
    for (const char* text : {"", "01ARZ3NDEKTSV4RRFFQ69G5FA", "01ARZ3NDEKTSV4RRFFQ69G5FAV0", "80000000000000000000000000",
                             "01ARZ3NDEKTSV4RRFFQ69G5FAU", "01ARZ3NDEKTSV4RRFFQ69G5FAI", "01ARZ3NDEKTSV4RRFFQ69G5FA-",
                             "Z1ARZ3NDEKTSV4RRFFQ69G5FAV"})
        BOOST_TEST(Again(text) == "none", text);
}

BOOST_AUTO_TEST_SUITE_END()
