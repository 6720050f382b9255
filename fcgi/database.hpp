// database.hpp: one connection to the database, and the exchanges in hand on it.
#pragma once

#include "exchange.hpp"
#include "failure.hpp"
#include "pipeline.hpp"
#include "settings.hpp"
#include "verdict.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

struct pg_result;

namespace curfew::front {

/// What an exchange has come to.
struct Outcome {
    std::optional<Answer> answer;     // none without an error: the statement gave no row that is one
    std::optional<ErrorFields> error; // the transaction is not committed
    bool behind = false;              // a standby that has not replayed what it was to show
    bool usable = true;               // the connection, for the next exchange
    std::optional<Company> undone;    // with the transaction, by the error of another who shared it: to be asked again so
    std::shared_ptr<Verdict> verdict; // of an error after others' acts in its transaction; and of those acts
};

/// Not used again after it has thrown Lost. By one thread at a time.
class Connection {
  public:
    using Clock = std::chrono::steady_clock;

    /// Connects, and waits for it. Throws Lost.
    explicit Connection(const Settings& settings);

    int descriptor() const { return pipeline_.descriptor(); }

    /// Whether nothing has come in since the last exchange: what a server says unasked is that it is going.
    bool IsQuiet() const;

    /// Whether lookups that may have company are in hand, and the first was begun just now.
    bool TakesLookups() const { return IsAtLookups() && !IsHeldUp(); }

    /// Whether others may be sent with those that are in hand: acts while their transaction is open, lookups behind lookups that
    /// it takes more of, if there are fewer than so many.
    bool HasRoom(std::size_t most_lookups) const;
    /// Whether an exchange may be one of them: it is of their kind, and nothing has to be prepared for it.
    bool HasRoomFor(const Exchange& exchange, std::size_t most_lookups) const;

    /// Begins an exchange. It outlives what comes of it. Where others are in hand, only one that there is room for. Throws
    /// Lost.
    ///   company  of what may have it; with any it is in one transaction with those that are started before and after it, until
    ///            Seal. An act that has any does not wait for locks for long, but is undone.
    void Start(const Exchange& exchange, Company company);

    /// Whether acts that may have company are in hand, the first was begun after that, and company has done no harm lately.
    bool IsAtActsSince(Clock::time_point then) const;

    /// Whether the last transaction is still to be sealed.
    bool is_open() const { return unsealed_ > 0; }

    /// Nobody comes into the last transaction any more: it is sent. Throws Lost.
    void Seal();

    /// Whether part of what was started could not be sent yet, so that room to write is to be waited for too.
    bool is_unsent() const { return pipeline_.is_unsent(); }

    /// When the server is taken for dead, with an exchange in hand: it would have ended by itself the statement that it is at since
    /// then, or since it said or took something last.
    Clock::time_point deadline() const { return std::max(in_hand_.front().began, heard_) + patience_; }

    /// Sends and reads what can be without waiting. Throws Lost.
    void Move();

    /// What the first of the exchanges in hand has come to, once that is there; it is in hand no more then. Throws Lost if the
    /// end of its transaction was not seen and no error was reported either.
    std::optional<Outcome> Next();

    /// Waits no longer for what the first exchange in hand comes to. Next gives it as far as it is known. Throws Lost where it
    /// is not.
    void GiveUp();

  private:
    /// An exchange that was begun.
    struct InHand {
        const Exchange* exchange;
        Clock::time_point began;
        Company asked_for;
        Company company;                         // that it has
        std::vector<const Statement*> results{}; // that it is owed, in order: of which statement each is
        std::size_t done = 0;                    // of those
        bool ends = false;                       // its transaction
        Outcome outcome{};

        bool has_failed() const { return outcome.error.has_value(); }
        bool wants_token() const { return exchange->wants_consistency && outcome.answer; }
        bool is_owed() const { return ends || done < results.size(); }
    };

    bool MayShare(const Exchange& exchange) const;
    bool IsAtLookups() const;
    bool IsHeldUp() const;
    void SendOneByOne(InHand& hand);
    void Send(InHand& hand, const Statement& statement, const std::vector<Value>& values);
    bool ReadTransaction();
    bool Take(InHand& hand, const pg_result* result);
    void TakeRow(InHand& hand, const pg_result* row);
    bool TakeError(InHand& hand, const pg_result* result);
    bool IsUndone() const;
    bool AsksForToken(std::size_t count);
    bool TakeToken(const pg_result* result);
    void Settle(std::size_t count);
    void Undo(std::size_t count, std::size_t failed);

    Pipeline pipeline_;
    const std::chrono::seconds patience_;
    const std::size_t most_in_transaction_;
    std::deque<InHand> in_hand_;
    Clock::time_point heard_{};     // when Move was called last
    std::string earlier_token_;     // that was reported before the last transaction was begun
    std::size_t settled_ = 0;       // of so many, the first, the transaction has ended
    std::size_t unsealed_ = 0;      // so many, the last, are in one that is not sealed
    std::size_t most_together_ = 1; // so many may be in the next one
    std::size_t tokenless_ = 0;     // so many, the first, are committed; the token that tells of it is asked for
    std::optional<InHand> token_;   // that question
};

} // namespace curfew::front
