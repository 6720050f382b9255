// pool.hpp: the connections to the database, and who waits for one. In the poller's thread.
#pragma once

#include "availability.hpp"
#include "database.hpp"
#include "helpers.hpp"
#include "log.hpp"
#include "poller.hpp"
#include "question.hpp"
#include "queue.hpp"
#include "settings.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

namespace curfew::front {

class Pool {
  public:
    /// So many connections are made at a time, each by a connector.
    static constexpr std::size_t kMostConnecting = 4;

    Pool(const Settings& settings, const Log& log, Poller& poller, Inbox& inbox, Helpers& connectors);
    ~Pool();
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    /// The exchange will run in one transaction on a connection that is free, when it is its turn; lookups that are there at
    /// the same time share one, and so do acts. A read that the connection was lost under is asked once more, and one whose
    /// transaction another's error has undone, in one of its own. The answer may come before this returns. Failures: what the
    /// database refused, `database_away` or `timed_out` (nothing was changed), `in_doubt` (a change was sent and its outcome
    /// never came).
    void Ask(Question& question);

    /// Takes back a question that waits for a connection; false where it is being answered, and the answer will come.
    bool Withdraw(Question& question);

    /// Gives what was asked to connections, and connects where there are too few and the settings allow more. Called when all
    /// that was there has been looked at: what is sent one by one wakes a backend each time, and the front has to make room.
    void Dispatch();

    /// Whether anything is to be waited for whose end no descriptor tells: then Tick is called now and again.
    bool is_waiting() const { return asked_ > 0 || !held_.empty(); }

    /// How long may be waited, if not for longer than that otherwise, before Dispatch is called: acts gather for a moment.
    std::chrono::milliseconds Patience(std::chrono::milliseconds otherwise) const;
    void Tick(Connection::Clock::time_point now);

  private:
    class Seat;

    Company CompanyFor(const Exchange& exchange) const;
    std::size_t MostLookups(bool is_full) const;
    Seat* SeatToJoin(const Question& question, std::size_t most_lookups) const;
    bool HasToGather(const Question& question);
    bool HasPriority(const Question& question) const;
    bool IsAtActs() const;
    Seat* FreeSeat();
    void Fill();
    bool SealAll();
    bool Connect();
    void Connected(std::shared_ptr<Connection> connection, const std::string& why);
    void Begin(Seat& seat, Question& question);
    void Advance(Seat& seat);
    void ConcludeAll(Seat& seat);
    void ConcludeEach(Seat& seat);
    bool Conclude(Seat& seat, Outcome outcome);
    void Lose(Seat& seat, const Lost& lost);
    Question& TakeFirst(Seat& seat);
    std::vector<std::unique_ptr<Seat>>::iterator PlaceOf(const Seat& seat);
    void PutLast(const Seat& seat);
    void Drop(Seat& seat);
    void Tell(Question& question, Reply reply);
    void Weigh(Verdict& verdict, bool was_done);
    void HoldNoLonger(Connection::Clock::time_point now);
    void AskAgain(Question& question, Company company);
    void RefuseOrAskAgain(Question& question, Failure failure, bool worth_again);
    void RefuseAll(const std::string& why);

    const Settings& settings_;
    const Log& log_;
    Poller& poller_;
    Inbox& inbox_;
    Helpers& connectors_;
    Availability availability_;
    std::vector<std::unique_ptr<Seat>> seats_; // the one that answered last is the last
    Queue waiting_;
    const std::ptrdiff_t most_at_acts_;    // transactions, before further acts gather
    const std::ptrdiff_t most_at_lookups_; // connections, before further lookups crowd there
    std::optional<Connection::Clock::time_point> gathers_until_;
    std::vector<Question*> undone_; // to be asked again, when all of their transaction are known
    std::vector<std::shared_ptr<Verdict>> held_;
    std::size_t asked_ = 0; // on connections
    std::size_t connecting_ = 0;
};

} // namespace curfew::front
