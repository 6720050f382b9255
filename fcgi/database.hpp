// database.hpp: one connection to the database, and the exchanges in hand on it. The .cpp is the only file with libpq.
#pragma once

#include "exchange.hpp"
#include "failure.hpp"
#include "settings.hpp"

#include <chrono>
#include <cstddef>
#include <deque>
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

    /// Whether an exchange may be sent behind those that are in hand: all of them are soon done, there are few, and nothing
    /// has to be prepared.
    bool HasRoomFor(const Exchange& exchange) const;

    /// Sends an exchange, up to its Sync. It outlives what comes of it. Where others are in hand, only one that there is room
    /// for. Throws Lost.
    void Start(const Exchange& exchange);

    /// Whether part of what was started could not be sent yet, so that room to write is to be waited for too.
    bool is_unsent() const { return unsent_; }

    /// When the server is taken for dead, with an exchange in hand: it would have ended the statement by itself.
    Clock::time_point deadline() const { return in_hand_.front().deadline; }

    /// Sends and reads what can be without waiting.
    void Move();

    /// What the first of the exchanges in hand has come to, once that is there; it is in hand no more then. Throws Lost if the
    /// end of its transaction was not seen and no error was reported either.
    std::optional<Outcome> Next();

    /// Waits no longer for the first exchange in hand: what it has come to, as far as that is known. Throws Lost where it is
    /// not.
    Outcome GiveUp();

  private:
    /// An exchange that was sent.
    struct InHand {
        const Exchange* exchange;
        Clock::time_point deadline;
        std::string earlier_token;
        std::vector<const Statement*> steps{}; // what is prepared or executed, in order
        std::size_t done = 0;
        Outcome outcome{};
        std::optional<Outcome> without_token{}; // the outcome, while its token is asked for
    };

    void SetUp(const Settings& settings);
    std::string ErrorText() const;
    std::string ReportedToken() const;
    void Send(InHand& hand, const Statement& statement, const std::vector<Value>& values);
    void Sync();
    void Flush();
    void TakeIn();
    bool Take(InHand& hand, const pg_result* result);
    void TakeRow(InHand& hand, const pg_result* row);
    bool TakeError(InHand& hand, const pg_result* result);
    bool Finish(InHand& hand);
    Outcome Release();

    struct Close {
        void operator()(pg_conn* connection) const;
    };
    const std::unique_ptr<pg_conn, Close> connection_;
    const std::chrono::seconds patience_;
    std::set<std::string, std::less<>> prepared_;
    std::deque<InHand> in_hand_;
    bool was_null_ = false;
    bool unsent_ = false;
};

} // namespace curfew::front
