// database.hpp: one connection to the database, one exchange at a time. The .cpp is the only file with libpq.
#pragma once

#include "exchange.hpp"
#include "failure.hpp"
#include "settings.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

struct pg_conn;
struct pg_result;

namespace curfew::front {

/// The connection broke, or did not answer in time.
struct Lost {
    enum class When {
        kBefore, // the Sync had not been sent, so nothing can be committed
        kAfter,
        kWaiting, // too long for the answer
    };
    When when;
    std::string why;
};

/// What an exchange has come to.
struct Outcome {
    std::optional<Answer> answer;
    std::optional<ErrorFields> error; // the transaction is not committed
    bool behind = false;              // a standby that has not replayed what it was to show
    bool usable = true;               // the connection, for the next exchange
};

/// A libpq connection in pipeline mode, and what it has prepared. Not used again after it has thrown Lost. By one thread at
/// a time.
class Connection {
  public:
    using Clock = std::chrono::steady_clock;

    /// Connects, and waits for it. Throws Lost.
    explicit Connection(const Settings& settings);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    int descriptor() const;

    /// Whether nothing has come in since the last exchange: what a server says unasked is that it is going.
    bool IsQuiet() const;

    /// Sends an exchange, up to its Sync. It outlives what comes of it. Throws Lost.
    void Start(const Exchange& exchange);

    /// Whether part of what was started could not be sent yet, so that room to write is to be waited for too.
    bool is_unsent() const { return unsent_; }

    /// When the server is taken for dead: it would have ended the statement by itself.
    Clock::time_point deadline() const { return deadline_; }

    /// Sends and reads what can be without waiting; the outcome, once it is there. Throws Lost if the end of the
    /// transaction was not seen and no error was reported either.
    std::optional<Outcome> Advance();

    /// Waits no longer: the outcome as far as it is known. Throws Lost where it is not.
    Outcome GiveUp();

  private:
    struct Step {
        const Statement* statement;
        bool prepares; // else it executes
    };

    void SetUp(const Settings& settings);
    std::string ErrorText() const;
    std::string ReportedToken() const;
    void Send(const Statement& statement, const std::vector<Value>& values);
    void Sync();
    void Flush();
    void TakeIn();
    bool Take(const pg_result* result);
    void TakeRow(const pg_result* row);
    bool TakeError(const pg_result* result);
    std::optional<Outcome> Finish();

    struct Close {
        void operator()(pg_conn* connection) const;
    };
    const std::unique_ptr<pg_conn, Close> connection_;
    const std::chrono::seconds patience_;
    std::set<std::string, std::less<>> prepared_;

    // The exchange in hand.
    const Exchange* exchange_ = nullptr;
    Clock::time_point deadline_{};
    std::vector<Step> steps_;
    std::size_t done_ = 0;
    bool was_null_ = false;
    bool unsent_ = false;
    std::string earlier_token_;
    Outcome outcome_;
    std::optional<Outcome> without_token_; // the outcome, while its token is asked for
};

} // namespace curfew::front
