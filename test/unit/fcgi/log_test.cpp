// Lines of the log, read back as JSON.
#include "log.hpp"

#include "contract.hpp"

#include <boost/test/unit_test.hpp>

#include <unistd.h>

#include <sstream>

using namespace curfew::front;

namespace {

struct Fixture {
    int ends[2];
    Fixture() { BOOST_REQUIRE(pipe(ends) == 0); }
    ~Fixture() {
        close(ends[0]);
        close(ends[1]);
    }

    /// What there is to read. Never called where there is nothing, which would wait.
    std::vector<Json> Lines() const {
        char text[4096];
        const ssize_t length = read(ends[0], text, sizeof text);
        BOOST_REQUIRE(length > 0);
        std::istringstream lines(std::string(text, static_cast<std::size_t>(length)));
        std::vector<Json> read;
        for (std::string line; std::getline(lines, line);)
            read.push_back(Json::parse(line));
        return read;
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(log_lines, Fixture)

BOOST_AUTO_TEST_CASE(a_line_has_its_fields_in_their_order) {
    const Log log(LogLevel::kInfo, ends[1]);
    log.Write(LogLevel::kInfo, "request", {{"method", "GET"}, {"status", 200}, {"ms", 0.25}, {"path", std::string("/x")}});
    log.Flush();
    const auto lines = Lines();
    BOOST_REQUIRE(lines.size() == 1);
    std::vector<std::string> names;
    for (const auto& [name, value] : lines[0].items())
        names.push_back(name);
    const std::vector<std::string> expected = {"ts", "level", "message", "method", "status", "ms", "path"};
    BOOST_TEST(names == expected, boost::test_tools::per_element());
    BOOST_TEST(lines[0]["ts"].get<std::string>().size() == std::string_view("2026-05-13T12:00:00.000Z").size());
    BOOST_TEST(lines[0]["level"] == "info");
    BOOST_TEST(lines[0]["message"] == "request");
    BOOST_TEST(lines[0]["method"] == "GET");
    BOOST_TEST(lines[0]["status"] == 200);
    BOOST_TEST(lines[0]["ms"] == 0.25);
    BOOST_TEST(lines[0]["path"] == "/x");
}

BOOST_AUTO_TEST_CASE(text_of_any_kind_stays_one_string_of_one_line) {
    const std::string told[][2] = {{"a \"b\" \\c", "a \"b\" \\c"}, {"two\nlines", "two\nlines"}, {"\x01", "\x01"},
                                   {"\x7f", "\x7f"},               {"\xc3\xa9", "\xc3\xa9"},     {"\xff", "\xef\xbf\xbd"}};
    for (const auto& [text, read] : told) {
        const Log log(LogLevel::kInfo, ends[1]);
        log.Write(LogLevel::kInfo, "m", {{"cause", text}});
        log.Flush();
        const auto lines = Lines();
        BOOST_REQUIRE(lines.size() == 1);
        BOOST_TEST(lines[0]["cause"].get<std::string>() == read);
    }
}

BOOST_AUTO_TEST_CASE(what_was_added_is_written_together_and_at_the_end) {
    {
        const Log log(LogLevel::kInfo, ends[1]);
        log.Write(LogLevel::kError, "one");
        log.Write(LogLevel::kDebug, "too much detail");
        log.Write(LogLevel::kInfo, "two");
    }
    const auto lines = Lines();
    BOOST_REQUIRE(lines.size() == 2);
    BOOST_TEST(lines[0]["message"] == "one");
    BOOST_TEST(lines[1]["message"] == "two");
}

BOOST_AUTO_TEST_SUITE_END()
