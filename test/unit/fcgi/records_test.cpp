// Where a FastCGI request ends.
#include "records.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace curfew::front;

namespace {

enum Kind : char { kBegin = 1, kAbort = 2, kParameters = 4, kBody = 5, kData = 8 };

std::string Record(char kind, const std::string& content = {}, char id = 1, char padding = 0) {
    const auto length = content.size();
    const char header[] = {1, kind, 0, id, static_cast<char>(length >> 8), static_cast<char>(length), padding, 0};
    return std::string(header, sizeof header) + content + std::string(static_cast<std::size_t>(padding), '\0');
}

const std::string kStart = Record(kBegin, std::string("\0\1\1\0\0\0\0\0", 8));

std::string Request(const std::string& parameters, const std::string& body) {
    std::string records = kStart + Record(kParameters, parameters, 1, 3) + Record(kParameters);
    if (!body.empty())
        records += Record(kBody, body);
    return records + Record(kBody);
}

} // namespace

BOOST_AUTO_TEST_SUITE(records)

BOOST_AUTO_TEST_CASE(a_request_is_whole_with_its_last_byte_and_not_before) {
    for (const std::string& body : {std::string(), std::string("{}"), std::string(300, 'x')}) {
        const std::string whole = Request("some parameters", body);
        for (std::size_t length = 0; length < whole.size(); ++length)
            BOOST_TEST(!IsWholeRequest(std::string_view(whole).substr(0, length)), length);
        BOOST_TEST(IsWholeRequest(whole));
        BOOST_TEST(IsWholeRequest(whole + kStart));
        BOOST_TEST(IsWholeRequest(whole + "anything"));
    }
}

BOOST_AUTO_TEST_CASE(parameters_and_body_may_be_in_several_records) {
    BOOST_TEST(IsWholeRequest(kStart + Record(kParameters, "a") + Record(kParameters, "b") + Record(kParameters) +
                              Record(kBody, "c") + Record(kBody, "d") + Record(kBody)));
}

BOOST_AUTO_TEST_CASE(padding_that_libfcgi_does_not_skip_is_not_whole) {
    BOOST_TEST(IsWholeRequest(kStart + Record(kParameters, "a", 1, 8) + Record(kParameters) + Record(kBody, "b", 1, 8) +
                              Record(kBody)));
    BOOST_TEST(!IsWholeRequest(Record(kBegin, "12345678", 1, 8) + Record(kParameters) + Record(kBody)));
    BOOST_TEST(!IsWholeRequest(kStart + Record(kParameters, "", 1, 8) + Record(kBody)));
    BOOST_TEST(!IsWholeRequest(kStart + Record(kParameters) + Record(kBody, "", 1, 8)));
}

BOOST_AUTO_TEST_CASE(what_is_no_request_is_not_whole) {
    const std::string end = Record(kParameters) + Record(kBody);
    BOOST_TEST(IsWholeRequest(kStart + end));
    BOOST_TEST(!IsWholeRequest(end));
    BOOST_TEST(!IsWholeRequest(kStart + kStart + end));
    BOOST_TEST(!IsWholeRequest(kStart + Record(kAbort) + end));
    BOOST_TEST(!IsWholeRequest(kStart + Record(kBody) + end));
    BOOST_TEST(!IsWholeRequest(kStart + Record(kParameters) + Record(kData) + Record(kBody)));
    BOOST_TEST(!IsWholeRequest(kStart + Record(kParameters) + Record(kBody, "", 2)));
    BOOST_TEST(!IsWholeRequest(Record(9, "x", 0) + kStart + end));
    BOOST_TEST(!IsWholeRequest("GET / HTTP/1.1\r\n\r\n"));
    BOOST_TEST(!IsWholeRequest(std::string(64, '\0')));
    BOOST_TEST(!IsWholeRequest(Record(kBegin, "12345678", 0) + Record(kParameters, "", 0) + Record(kBody, "", 0)));
    BOOST_TEST(!IsWholeRequest(Record(kBegin, "1234567") + end));
    std::string other_version = kStart + end;
    other_version[0] = 2;
    BOOST_TEST(!IsWholeRequest(other_version));
}

BOOST_AUTO_TEST_SUITE_END()
