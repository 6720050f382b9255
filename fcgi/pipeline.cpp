#include "pipeline.hpp"

#include <libpq-fe.h>

#include <poll.h>

#include <cerrno>
#include <chrono>
#include <utility>

namespace curfew::front {
namespace {

using Clock = std::chrono::steady_clock;

constexpr Oid kTextOid = 25; // of pg_catalog.text, as every server has it

PGconn* Open(const Settings& settings) {
    const std::string timeout = std::to_string(settings.connect_timeout.count());
    // What stands before dbname is a default, which the connection string in it may replace.
    const std::pair<const char*, const char*> parameters[] = {
        {"application_name", "curfew-fcgi"},   {"keepalives_idle", "30"},
        {"dbname", settings.database.c_str()}, {"client_encoding", "UTF8"},
        {"connect_timeout", timeout.c_str()},
    };
    std::vector<const char*> names;
    std::vector<const char*> values;
    for (const auto& [name, value] : parameters) {
        names.push_back(name);
        values.push_back(value);
    }
    names.push_back(nullptr);
    values.push_back(nullptr);
    return PQconnectdbParams(names.data(), values.data(), 1);
}

} // namespace

void Pipeline::Clear::operator()(pg_result* result) const { PQclear(result); }
void Pipeline::Finish::operator()(pg_conn* connection) const { PQfinish(connection); }

Pipeline::Pipeline(const Settings& settings) : connection_(Open(settings)) {
    if (PQstatus(connection_.get()) != CONNECTION_OK)
        throw Lost{Lost::When::kBefore, ErrorText()};
    if (PQsetnonblocking(connection_.get(), 1) != 0)
        throw Lost{Lost::When::kBefore, ErrorText()};
    SetUp(settings);
    if (PQenterPipelineMode(connection_.get()) == 0)
        throw Lost{Lost::When::kBefore, ErrorText()};
}

int Pipeline::descriptor() const { return PQsocket(connection_.get()); }

void Pipeline::SetUp(const Settings& settings) {
    const std::string seconds = std::to_string(settings.statement_timeout.count());
    const std::string sql = "SET search_path = pg_catalog, pg_temp; SET statement_timeout = '" + seconds +
                            "s'; SET idle_in_transaction_session_timeout = '" + seconds + "s'";
    // A pooler has let the connection in, and may have no server for it.
    const auto until = Clock::now() + settings.connect_timeout;
    if (PQsendQuery(connection_.get(), sql.c_str()) == 0)
        throw Lost{Lost::When::kBefore, ErrorText()};
    for (;;) {
        Flush();
        if (PQisBusy(connection_.get()) == 0) {
            const Result result(PQgetResult(connection_.get()));
            if (!result)
                return;
            if (PQresultStatus(result.get()) != PGRES_COMMAND_OK)
                throw Lost{Lost::When::kBefore, ErrorText()};
            continue;
        }
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
        if (left.count() <= 0)
            throw Lost{Lost::When::kBefore, "no answer in time"};
        pollfd socket{descriptor(), static_cast<short>(unsent_ ? POLLIN | POLLOUT : POLLIN), 0};
        if (poll(&socket, 1, static_cast<int>(left.count())) < 0 && errno != EINTR)
            throw Lost{Lost::When::kBefore, "poll failed"};
        TakeIn();
    }
}

std::string Pipeline::ErrorText() const {
    std::string text = PQerrorMessage(connection_.get());
    while (!text.empty() && text.back() == '\n')
        text.pop_back();
    return text;
}

std::string Pipeline::Reported(const char* setting) const {
    const char* value = PQparameterStatus(connection_.get(), setting);
    return value == nullptr ? "" : value;
}

std::size_t Pipeline::Send(const Statement& statement, const std::vector<Value>& values) {
    const bool prepares = !HasPrepared(statement);
    if (prepares) {
        const std::vector<Oid> types(values.size(), kTextOid);
        if (PQsendPrepare(connection_.get(), statement.name.c_str(), statement.sql.c_str(),
                          static_cast<int>(types.size()), types.data()) == 0)
            throw Lost{Lost::When::kBefore, ErrorText()};
    }
    std::vector<const char*> texts;
    for (const Value& value : values)
        texts.push_back(value ? value->c_str() : nullptr);
    if (PQsendQueryPrepared(connection_.get(), statement.name.c_str(), static_cast<int>(texts.size()), texts.data(),
                            nullptr, nullptr, 0) == 0)
        throw Lost{Lost::When::kBefore, ErrorText()};
    return prepares ? 2 : 1;
}

void Pipeline::Sync() {
    if (PQpipelineSync(connection_.get()) == 0)
        throw Lost{Lost::When::kAfter, ErrorText()};
    Flush();
}

void Pipeline::Flush() {
    const int left = PQflush(connection_.get());
    if (left < 0)
        throw Lost{Lost::When::kAfter, ErrorText()};
    unsent_ = left > 0;
}

void Pipeline::TakeIn() {
    // A broken connection is told by PQgetResult too, after what the server had still said.
    if (PQconsumeInput(connection_.get()) == 0 && PQstatus(connection_.get()) == CONNECTION_OK)
        throw Lost{Lost::When::kAfter, ErrorText()};
    // What of a TLS record libpq had no room for is in no socket, and nothing would tell of it.
    if (PQsslInUse(connection_.get()) != 0)
        PQconsumeInput(connection_.get());
}

Pipeline::Result Pipeline::Next() {
    while (PQisBusy(connection_.get()) == 0) {
        Result result(PQgetResult(connection_.get()));
        if (result) {
            was_null_ = false;
            return result;
        }
        if (std::exchange(was_null_, true)) // between the results of two statements there is one of them
            throw Lost{Lost::When::kAfter, "out of step with the server"};
    }
    return nullptr;
}

} // namespace curfew::front
