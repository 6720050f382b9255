#include "settings.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <iostream>
#include <sstream>
#include <vector>

using namespace curfew::front;

namespace {

struct Read {
    std::optional<Settings> settings;
    int exit_code = -1;
};

Read ReadFrom(std::vector<std::string> arguments) {
    std::vector<char*> argv{const_cast<char*>("curfew-fcgi")};
    for (std::string& argument : arguments)
        argv.push_back(argument.data());
    Read read;
    std::ostringstream said;
    auto* const out = std::cout.rdbuf(said.rdbuf());
    auto* const error = std::cerr.rdbuf(said.rdbuf());
    read.settings = ReadSettings(static_cast<int>(argv.size()), argv.data(), read.exit_code);
    std::cout.rdbuf(out);
    std::cerr.rdbuf(error);
    return read;
}

} // namespace

BOOST_AUTO_TEST_SUITE(settings)

BOOST_AUTO_TEST_CASE(there_are_eight_connections_per_core_within_bounds) {
    BOOST_TEST(DefaultConnections(0) == 2);
    BOOST_TEST(DefaultConnections(1) == 8);
    BOOST_TEST(DefaultConnections(2) == 16);
    BOOST_TEST(DefaultConnections(96) == 64);
}

BOOST_AUTO_TEST_CASE(one_caller_has_three_quarters_of_the_connections) {
    BOOST_TEST(ShareOfOne(1) == 1);
    BOOST_TEST(ShareOfOne(3) == 3);
    BOOST_TEST(ShareOfOne(4) == 3);
    BOOST_TEST(ShareOfOne(16) == 12);
    BOOST_TEST(ShareOfOne(256) == 192);
}

BOOST_AUTO_TEST_CASE(acts_are_made_on_a_fifth_of_the_connections_before_others_gather) {
    BOOST_TEST(TransactionsOfActs(1) == 2);
    BOOST_TEST(TransactionsOfActs(14) == 2);
    BOOST_TEST(TransactionsOfActs(16) == 3);
    BOOST_TEST(TransactionsOfActs(64) == 12);
}

BOOST_AUTO_TEST_CASE(lookups_are_on_a_connection_for_each_processor_at_least_two) {
    BOOST_TEST(ConnectionsOfLookups(1) == 2);
    BOOST_TEST(ConnectionsOfLookups(16) == 2);
    BOOST_TEST(ConnectionsOfLookups(31) == 3);
    BOOST_TEST(ConnectionsOfLookups(64) == 8);
}

BOOST_AUTO_TEST_CASE(defaults_are_those_that_help_tells) {
    const Read read = ReadFrom({"--listen", "/run/x.sock"});
    BOOST_REQUIRE(read.settings);
    BOOST_TEST(read.settings->listen == "/run/x.sock");
    BOOST_TEST(read.settings->socket_mode == 0660U);
    BOOST_TEST(read.settings->max_body == 1048576U);
    BOOST_TEST(read.settings->requests_per_transaction == 16);
    BOOST_TEST((read.settings->log_level == LogLevel::kInfo));
    BOOST_TEST(read.settings->statement_timeout.count() == 10);
    BOOST_TEST(read.settings->dreadnode_min_client.empty());
}

BOOST_AUTO_TEST_CASE(flags_are_read) {
    const Read read = ReadFrom({"--listen=/x", "--socket-mode=0600", "--database=host=/tmp", "--connections=7",
                                "--requests-per-transaction=3", "--max-body=10", "--log-level=debug", "--connect-timeout=9",
                                "--statement-timeout=4", "--retry-after=5", "--dreadnode-min-client=1.4.0"});
    BOOST_REQUIRE(read.settings);
    BOOST_TEST(read.settings->socket_mode == 0600U);
    BOOST_TEST(read.settings->database == "host=/tmp");
    BOOST_TEST(read.settings->connections == 7);
    BOOST_TEST(read.settings->requests_per_transaction == 3);
    BOOST_TEST(read.settings->max_body == 10U);
    BOOST_TEST((read.settings->log_level == LogLevel::kDebug));
    BOOST_TEST(read.settings->connect_timeout.count() == 9);
    BOOST_TEST(read.settings->statement_timeout.count() == 4);
    BOOST_TEST(read.settings->retry_after.count() == 5);
    BOOST_TEST(read.settings->dreadnode_min_client == "1.4.0");
}

BOOST_AUTO_TEST_CASE(the_environment_counts_where_there_is_no_flag) {
    setenv("CURFEW_CONNECTIONS", "5", 1);
    setenv("CURFEW_LISTEN", "/from/environment", 1);
    const Read from_environment = ReadFrom({});
    const Read from_flag = ReadFrom({"--connections", "6"});
    unsetenv("CURFEW_CONNECTIONS");
    unsetenv("CURFEW_LISTEN");
    BOOST_REQUIRE(from_environment.settings);
    BOOST_TEST(from_environment.settings->listen == "/from/environment");
    BOOST_TEST(from_environment.settings->connections == 5);
    BOOST_REQUIRE(from_flag.settings);
    BOOST_TEST(from_flag.settings->connections == 6);
}

BOOST_AUTO_TEST_CASE(mistakes_end_with_one_and_questions_with_nought) {
    for (const auto* mistake :
         {"--connections=0", "--connections=257", "--connections=many", "--socket-mode=99", "--socket-mode=1777",
          "--requests-per-transaction=0", "--requests-per-transaction=65", "--socket-mode=", "--max-body=-1", "--log-level=loud", "--retry-after=0",
          "--database=nonsense=1", "--database=host='/tmp", "--database=dbname=x password", "--database=postgresql://[::1", "--no-such-flag"}) {
        const Read read = ReadFrom({"--listen=/x", mistake});
        BOOST_TEST(!read.settings.has_value(), mistake);
        BOOST_TEST(read.exit_code == 1, mistake);
    }
    for (const auto* database : {"--database=curfew", "--database=host='/a b' dbname=x",
                                 "--database=postgresql://u@h:1/x?connect_timeout=3"})
        BOOST_TEST(ReadFrom({database}).settings.has_value(), database);
    BOOST_TEST(ReadFrom({}).settings->listen == "/run/curfew/front.sock");
    for (const auto* question : {"--help", "--version"}) {
        const Read read = ReadFrom({question});
        BOOST_TEST(!read.settings.has_value());
        BOOST_TEST(read.exit_code == 0);
    }
    BOOST_TEST(ReadFrom({"--routes"}).settings->print_routes);
}

BOOST_AUTO_TEST_SUITE_END()
