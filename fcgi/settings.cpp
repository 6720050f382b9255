#include "settings.hpp"

#include <CLI/CLI.hpp>
#include <libpq-fe.h>

#include <algorithm>
#include <map>
#include <memory>
#include <thread>

#ifndef CURFEW_VERSION
#error "CURFEW_VERSION is the default_version of extension/curfew.control; the build passes it"
#endif

namespace curfew::front {
namespace {

// While some wait for the disk, others are at work; a caller alone has three quarters of them.
constexpr unsigned kPerCore = 8;
constexpr int kLeastConnections = 2;
constexpr int kMostConnections = 64;
// They have a descriptor each, and libfcgi cannot wait for one above 1023.
constexpr int kMostConnectionsAllowed = 256;

// The cost of a transaction is divided among them, and more of them gain little.
constexpr int kMostInTransactionAllowed = 64;

const std::map<std::string, LogLevel> kLevels = {
    {"error", LogLevel::kError}, {"info", LogLevel::kInfo}, {"debug", LogLevel::kDebug}};

/// Octal permission bits; throws CLI::ValidationError.
unsigned ReadMode(const std::string& text) {
    const bool octal =
        !text.empty() && text.size() <= 4 && text.find_first_not_of("01234567") == std::string::npos;
    const unsigned long mode = octal ? std::stoul(text, nullptr, 8) : 01000;
    if (mode > 0777)
        throw CLI::ValidationError("--socket-mode", "must be octal permission bits such as 0660");
    return static_cast<unsigned>(mode);
}

/// What is wrong with a connection string, or "". A text that libpq takes for a database's name is none.
std::string WrongWithConnectionString(const std::string& text) {
    const bool is_name = text.find('=') == std::string::npos && text.find("://") == std::string::npos;
    const std::unique_ptr<PQconninfoOption, void (*)(PQconninfoOption*)> options(PQconninfoParse(text.c_str(), nullptr),
                                                                                 PQconninfoFree);
    // What libpq says of it may repeat a password.
    return is_name || options ? "" : "is no libpq connection string: a quote or a \"=\" is missing, or there is no such option";
}

} // namespace

int DefaultConnections(unsigned cores) {
    return std::clamp(static_cast<int>(kPerCore * cores), kLeastConnections, kMostConnections);
}

int TransactionsOfActs(int connections) { return std::max(connections / 5, 2); }

int ConnectionsOfLookups(int connections) { return std::max(connections / static_cast<int>(kPerCore), 2); }

int ShareOfOne(int connections) { return connections - connections / 4; }

std::optional<Settings> ReadSettings(int argc, char** argv, int& exit_code) {
    Settings settings;
    settings.connections = DefaultConnections(std::thread::hardware_concurrency());
    std::string mode = "0660";
    int connect_timeout = static_cast<int>(settings.connect_timeout.count());
    int statement_timeout = static_cast<int>(settings.statement_timeout.count());
    int retry_after = static_cast<int>(settings.retry_after.count());
    std::string log_level = "info";

    CLI::App app{"curfew-fcgi: the FastCGI front of Curfew. It turns requests into statements and holds no "
                 "authority:\n"
                 "its database role can do nothing until it presents a caller's credential.",
                 "curfew-fcgi"};
    app.set_version_flag("--version", CURFEW_VERSION);
    app.add_flag("--routes", settings.print_routes,
                                "Print contract, method and path of every route, and end");
    app.add_option("--listen", settings.listen, "Path of the Unix socket to serve on, unless systemd hands one over")
        ->envname("CURFEW_LISTEN")
        ->capture_default_str();
    app.add_option("--socket-mode", mode, "Permission bits of the socket, octal")
        ->envname("CURFEW_SOCKET_MODE")
        ->capture_default_str();
    app.add_option("--database", settings.database,
                   "libpq connection string; a password belongs in the environment or in a password file")
        ->envname("CURFEW_DATABASE")
        ->check(WrongWithConnectionString)
        ->capture_default_str();
    app.add_option("--connections", settings.connections,
                   "Connections to the database: so many requests it works on at a time, besides those that share a "
                   "transaction, three quarters of them of one caller; the others wait")
        ->envname("CURFEW_CONNECTIONS")
        ->check(CLI::Range(1, kMostConnectionsAllowed))
        ->capture_default_str();
    app.add_option("--requests-per-transaction", settings.requests_per_transaction,
                   "Lookups that come together, or acts on a session each, that share a transaction, at most; 1: each has its own")
        ->envname("CURFEW_REQUESTS_PER_TRANSACTION")
        ->check(CLI::Range(1, kMostInTransactionAllowed))
        ->capture_default_str();
    app.add_option("--max-body", settings.max_body, "Longest request body, in bytes")
        ->envname("CURFEW_MAX_BODY")
        ->check(CLI::Range(0, 1 << 30))
        ->capture_default_str();
    app.add_option("--log-level", log_level, "How much to log")
        ->envname("CURFEW_LOG_LEVEL")
        ->check(CLI::IsMember({"error", "info", "debug"}))
        ->capture_default_str();
    app.add_option("--connect-timeout", connect_timeout, "Seconds to wait for a connection to the database")
        ->envname("CURFEW_CONNECT_TIMEOUT")
        ->check(CLI::Range(2, 300))
        ->capture_default_str();
    app.add_option("--statement-timeout", statement_timeout, "Seconds that one request's statements may take")
        ->envname("CURFEW_STATEMENT_TIMEOUT")
        ->check(CLI::Range(1, 3600))
        ->capture_default_str();
    app.add_option("--retry-after", retry_after, "Seconds that Retry-After names while the database is away")
        ->envname("CURFEW_RETRY_AFTER")
        ->check(CLI::Range(1, 3600))
        ->capture_default_str();
    app.add_option("--dreadnode-min-client", settings.dreadnode_min_client,
                   "Lowest X-Client-Version that the dreadnode contract serves, such as 1.4.0")
        ->envname("CURFEW_DREADNODE_MIN_CLIENT");

    try {
        app.parse(argc, argv);
        settings.socket_mode = ReadMode(mode);
    } catch (const CLI::ParseError& error) {
        exit_code = app.exit(error) == 0 ? 0 : 1;
        return std::nullopt;
    }
    settings.log_level = kLevels.at(log_level);
    settings.connect_timeout = std::chrono::seconds(connect_timeout);
    settings.statement_timeout = std::chrono::seconds(statement_timeout);
    settings.retry_after = std::chrono::seconds(retry_after);
    return settings;
}

} // namespace curfew::front
