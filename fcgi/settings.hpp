// settings.hpp: what the front can be told, by flag or by environment.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

namespace curfew::front {

enum class LogLevel { kError, kInfo, kDebug };

struct Settings {
    std::string listen = "/run/curfew/front.sock"; // path of the Unix socket
    unsigned socket_mode = 0660;
    std::string database = "dbname=curfew user=curfew_front"; // libpq connection string
    int connections = 0;               // to the database, at most
    int requests_per_transaction = 16; // lookups or acts that come together, at most
    std::size_t max_body = 1048576;    // bytes
    LogLevel log_level = LogLevel::kInfo;
    std::chrono::seconds connect_timeout{3};
    std::chrono::seconds statement_timeout{10};
    std::chrono::seconds retry_after{2};
    std::string dreadnode_min_client; // empty: every client version is served
    bool print_routes = false;
};

/// Connections when nothing is said: eight per core, at least 2, at most 64.
int DefaultConnections(unsigned cores);

/// On how many of so many connections acts are made at a time before others gather for the next transaction: a fifth, at least
/// two. On some of them PostgreSQL works, on another one it waits for the disk.
int TransactionsOfActs(int connections);

/// On how many of so many connections lookups are made at a time before others join them there rather than on another one: as many
/// as there are processors, if there are eight for each, at least two.
int ConnectionsOfLookups(int connections);

/// How many of so many connections one caller has at most: three quarters, of fewer than four all.
int ShareOfOne(int connections);

/// Reads the command line and the environment. Nothing: the process is to end with `exit_code`, and what
/// there was to say (--help, --version, a mistake) has been said.
std::optional<Settings> ReadSettings(int argc, char** argv, int& exit_code);

} // namespace curfew::front
