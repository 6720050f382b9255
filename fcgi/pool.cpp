#include "pool.hpp"

#include <sys/epoll.h>

#include <algorithm>
#include <exception>
#include <utility>

namespace curfew::front {
namespace {

/// A prepared statement that the server no longer has or can no longer run: after DISCARD ALL behind a pooler, or an upgrade
/// of the extension that changed a result. A new connection has none of them.
bool IsStale(std::string_view sqlstate) {
    return sqlstate == "26000" || sqlstate == "42P05" || sqlstate == "0A000";
}

} // namespace

/// A connection, and who is answered on it.
class Pool::Seat : public Watched {
  public:
    Seat(Pool& pool, std::shared_ptr<Connection> connection) : pool_(pool), connection_(std::move(connection)) {
        pool_.poller_.Watch(connection_->descriptor(), *this, EPOLLIN);
    }

    void Ready(std::uint32_t) override { pool_.Advance(*this); }

    /// Waits for room to write as long as not everything has been sent.
    void WaitForMore() {
        if (std::exchange(waits_to_send_, connection_->is_unsent()) == connection_->is_unsent())
            return;
        pool_.poller_.Change(connection_->descriptor(), *this, waits_to_send_ ? EPOLLIN | EPOLLOUT : EPOLLIN);
    }

    Connection& connection() { return *connection_; }
    Question* question = nullptr;

  private:
    Pool& pool_;
    const std::shared_ptr<Connection> connection_;
    bool waits_to_send_ = false;
};

Pool::Pool(const Settings& settings, const Log& log, Poller& poller, Inbox& inbox, Helpers& helpers)
    : settings_(settings), log_(log), poller_(poller), inbox_(inbox), helpers_(helpers) {}

Pool::~Pool() = default;

void Pool::Ask(Question& question) {
    if (seats_.empty() && availability_.is_away() && !Connect()) {
        question.answered(OwnFailure("database_away", "waiting before the next attempt"));
        return;
    }
    waiting_.push_back(&question);
}

bool Pool::Withdraw(Question& question) {
    const auto found = std::find(waiting_.begin(), waiting_.end(), &question);
    if (found == waiting_.end())
        return false;
    waiting_.erase(found);
    return true;
}

void Pool::Tick(Connection::Clock::time_point now) {
    std::vector<Seat*> late;
    for (const auto& seat : seats_)
        if (seat->question != nullptr && seat->connection().deadline() <= now)
            late.push_back(seat.get());
    for (Seat* seat : late) {
        try {
            Conclude(*seat, seat->connection().GiveUp());
        } catch (const Lost& lost) {
            Lose(*seat, lost);
        }
    }
}

/// A connection that nobody is answered on; of those the one that was used last, whose memory is still at hand.
Pool::Seat* Pool::Free() {
    for (;;) {
        const auto found =
            std::find_if(seats_.rbegin(), seats_.rend(), [](const auto& seat) { return seat->question == nullptr; });
        if (found == seats_.rend())
            return nullptr;
        if ((*found)->connection().IsQuiet())
            return found->get();
        Leave(**found, false);
    }
}

/// Begins to connect, where that may be tried now.
bool Pool::Connect() {
    if (!availability_.MayTry(Availability::Clock::now()))
        return false;
    ++connecting_;
    helpers_.Run([this] {
        std::shared_ptr<Connection> connection;
        std::string why;
        try {
            connection = std::make_shared<Connection>(settings_);
        } catch (const Lost& lost) {
            why = lost.why;
        } catch (const std::exception& error) {
            why = error.what();
        }
        inbox_.Post([this, connection, why] { Connected(connection, why); });
    });
    return true;
}

void Pool::Connected(std::shared_ptr<Connection> connection, const std::string& why) {
    --connecting_;
    if (connection) {
        availability_.Connected();
        seats_.push_back(std::make_unique<Seat>(*this, std::move(connection)));
        log_.Write(LogLevel::kDebug, "connected to the database");
    } else {
        availability_.Failed(Availability::Clock::now());
        if (seats_.empty() && connecting_ == 0)
            RefuseAll(why);
    }
}

void Pool::Dispatch() {
    while (!waiting_.empty()) {
        if (Seat* const seat = Free()) {
            Question& question = *waiting_.front();
            waiting_.pop_front();
            Begin(*seat, question);
            continue;
        }
        const bool may_connect = seats_.size() + connecting_ < static_cast<std::size_t>(settings_.connections) &&
                                 connecting_ < waiting_.size();
        if (may_connect && Connect())
            continue;
        if (seats_.empty() && connecting_ == 0)
            RefuseAll("waiting before the next attempt");
        return;
    }
}

void Pool::Begin(Seat& seat, Question& question) {
    seat.question = &question;
    ++busy_;
    try {
        seat.connection().Start(*question.exchange);
        seat.WaitForMore();
    } catch (const Lost& lost) {
        Lose(seat, lost);
    }
}

/// Something has come in on a connection, or can be sent.
void Pool::Advance(Seat& seat) {
    if (seat.question == nullptr) { // what a server says unasked is that it is going
        Leave(seat, false);
        return;
    }
    try {
        if (auto outcome = seat.connection().Advance()) {
            Conclude(seat, std::move(*outcome));
        } else {
            seat.WaitForMore();
            return;
        }
    } catch (const Lost& lost) {
        Lose(seat, lost);
    } catch (const std::exception& error) {
        Question& question = *seat.question;
        Leave(seat, false);
        const auto* const refusal = dynamic_cast<const Refusal*>(&error);
        question.answered(refusal != nullptr ? refusal->failure() : OwnFailure("internal_error", error.what()));
    }
}

void Pool::Conclude(Seat& seat, Outcome outcome) {
    Question& question = *seat.question;
    const bool reads = question.exchange->effect == Effect::kRead;
    const bool stale = outcome.error && IsStale(outcome.error->sqlstate);
    Leave(seat, outcome.usable && !stale);
    if (outcome.error) {
        // An error that the server reported has undone the transaction, so that even a change may be asked again. What it
        // did not find may be what is not there yet.
        RefuseOrAskAgain(question, outcome.behind && !stale ? OwnFailure("behind") : FailureFrom(*outcome.error),
              stale || (!outcome.usable && reads));
    } else if (outcome.behind && reads) {
        question.answered(OwnFailure("behind"));
    } else if (!outcome.answer) {
        question.answered(OwnFailure("internal_error", "the transaction ended without an answer"));
    } else {
        question.answered(std::move(*outcome.answer));
    }
}

void Pool::Lose(Seat& seat, const Lost& lost) {
    Question& question = *seat.question;
    Leave(seat, false);
    if (lost.when != Lost::When::kBefore && question.exchange->effect == Effect::kChange) {
        question.answered(OwnFailure("in_doubt", lost.why));
        return;
    }
    const bool late = lost.when == Lost::When::kWaiting;
    RefuseOrAskAgain(question, OwnFailure(late ? "timed_out" : "database_away", lost.why), !late);
}

/// The question is done with; the connection is free, or gone where it cannot be used again.
void Pool::Leave(Seat& seat, bool usable) {
    if (std::exchange(seat.question, nullptr) != nullptr)
        --busy_;
    const auto found = std::find_if(seats_.begin(), seats_.end(), [&](const auto& other) { return other.get() == &seat; });
    if (usable) {
        std::rotate(found, std::next(found), seats_.end());
        return;
    }
    if (const int descriptor = seat.connection().descriptor(); descriptor >= 0) // else libpq has closed it
        poller_.Forget(descriptor);
    poller_.Bury(std::move(*found));
    seats_.erase(found);
}

/// Passes a failure on, or asks again, before anybody else, where that is worth it and was not done yet.
void Pool::RefuseOrAskAgain(Question& question, Failure failure, bool worth_again) {
    if (!worth_again || std::exchange(question.asked_before, true)) {
        question.answered(std::move(failure));
        return;
    }
    log_.Write(LogLevel::kDebug, "asking again", {{"cause", failure.cause}});
    waiting_.push_front(&question);
}

void Pool::RefuseAll(const std::string& why) {
    for (Question* const question : std::exchange(waiting_, {}))
        question->answered(OwnFailure("database_away", why));
}

} // namespace curfew::front
