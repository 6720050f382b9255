#include "pool.hpp"

#include <sys/epoll.h>

#include <algorithm>
#include <exception>
#include <iterator>
#include <utility>

namespace curfew::front {
namespace {

/// A prepared statement that the server no longer has or can no longer run: after DISCARD ALL behind a pooler, or an upgrade
/// of the extension that changed a result. A new connection has none of them.
bool IsStale(std::string_view sqlstate) {
    return sqlstate == "26000" || sqlstate == "42P05" || sqlstate == "0A000";
}

} // namespace

/// A connection, and who is answered on it, in the order of what was sent.
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
    bool is_free() const { return questions.empty(); }
    std::deque<Question*> questions;

  private:
    Pool& pool_;
    const std::shared_ptr<Connection> connection_;
    bool waits_to_send_ = false;
};

Pool::Pool(const Settings& settings, const Log& log, Poller& poller, Inbox& inbox, Helpers& connectors)
    : settings_(settings), log_(log), poller_(poller), inbox_(inbox), connectors_(connectors),
      waiting_(static_cast<std::size_t>(ShareOfOne(settings.connections))) {}

Pool::~Pool() = default;

void Pool::Ask(Question& question) {
    question.asked_before = false;
    question.company = Company::kAny;
    if (seats_.empty() && availability_.is_away() && !Connect()) {
        question.answered(OwnFailure("database_away", "waiting before the next attempt"));
        return;
    }
    waiting_.Add(question);
}

bool Pool::Withdraw(Question& question) { return waiting_.Remove(question); }

void Pool::Tick(Connection::Clock::time_point now) {
    std::vector<Seat*> late;
    for (const auto& seat : seats_)
        if (!seat->is_free() && seat->connection().deadline() <= now)
            late.push_back(seat.get());
    for (Seat* seat : late) {
        try {
            Conclude(*seat, seat->connection().GiveUp());
        } catch (const Lost& lost) {
            Lose(*seat, lost);
        }
    }
}

/// A connection that the question can be asked on: one where it can be sent behind others, or one that is free; of those the
/// one that was used last, whose memory is still at hand.
Pool::Seat* Pool::SeatFor(const Question& question) {
    const auto has_room = [&](const auto& seat) {
        return question.company != Company::kOwnConnection && !seat->is_free() &&
               seat->connection().HasRoomFor(*question.exchange);
    };
    if (const auto shared = std::find_if(seats_.rbegin(), seats_.rend(), has_room); shared != seats_.rend())
        return shared->get();
    for (;;) {
        const auto found = std::find_if(seats_.rbegin(), seats_.rend(), [](const auto& seat) { return seat->is_free(); });
        if (found == seats_.rend())
            return nullptr;
        if ((*found)->connection().IsQuiet())
            return found->get();
        Drop(**found);
    }
}

/// Begins to connect, where that may be tried now: not behind attempts that wait, and one at a time while the database is away.
bool Pool::Connect() {
    const std::size_t most = availability_.is_away() ? 1 : kMostConnecting;
    if (connecting_ >= most || !availability_.MayTry(Availability::Clock::now()))
        return false;
    ++connecting_;
    connectors_.Run([this] {
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
    do {
        Fill();
    } while (!SealAll());
}

/// Gives who may have one a connection, as far as there are any.
void Pool::Fill() {
    while (Question* const question = waiting_.Next()) {
        if (Seat* const seat = SeatFor(*question)) {
            Begin(*seat, *question);
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

/// All that was to be given to connections is: nobody comes into the transactions any more that lookups share. False where
/// one was lost over that, and its lookups wait again.
bool Pool::SealAll() {
    const auto is_open = [](const auto& seat) { return seat->connection().is_open(); };
    for (auto open = seats_.begin(); (open = std::find_if(seats_.begin(), seats_.end(), is_open)) != seats_.end();) {
        Seat& seat = **open;
        try {
            seat.connection().Seal();
            seat.WaitForMore();
        } catch (const Lost& lost) {
            Lose(seat, lost);
            return false;
        }
    }
    return true;
}

void Pool::Begin(Seat& seat, Question& question) {
    waiting_.Begin(question);
    seat.questions.push_back(&question);
    ++asked_;
    try {
        seat.connection().Start(*question.exchange, question.company);
        seat.WaitForMore();
    } catch (const Lost& lost) {
        Lose(seat, lost);
    }
}

/// Something has come in on a connection, or can be sent.
void Pool::Advance(Seat& seat) {
    if (seat.is_free()) { // what a server says unasked is that it is going
        Drop(seat);
        return;
    }
    try {
        seat.connection().Move();
    } catch (const Lost& lost) {
        Lose(seat, lost);
        return;
    }
    while (!seat.is_free()) {
        std::optional<Outcome> outcome;
        try {
            outcome = seat.connection().Next();
        } catch (const Lost& lost) {
            Lose(seat, lost);
            return;
        }
        if (!outcome)
            break;
        if (!Conclude(seat, std::move(*outcome)))
            return;
    }
    seat.WaitForMore();
}

/// Answers the first question of a seat; false where the seat is no more.
bool Pool::Conclude(Seat& seat, Outcome outcome) {
    Question& question = TakeFirst(seat);
    const bool changes = question.exchange->effect == Effect::kChange;
    const bool stale = outcome.error && IsStale(outcome.error->sqlstate);
    const bool usable = outcome.usable && !stale;
    if (usable)
        PutLast(seat);
    else
        Drop(seat);
    if (outcome.undone) {
        question.company = *outcome.undone;
        waiting_.AddFirst(question);
    } else if (outcome.error) {
        // An error that the server reported has undone the transaction, so that even a change may be asked again. What it
        // did not find may be what is not there yet.
        RefuseOrAskAgain(question, outcome.behind && !stale ? OwnFailure("behind") : FailureFrom(*outcome.error),
                         stale || (!outcome.usable && !changes));
    } else if (outcome.behind && !changes) {
        question.answered(OwnFailure("behind"));
    } else if (!outcome.answer) {
        question.answered(OwnFailure("internal_error", "a route's statement did not return one row with a body"));
    } else {
        question.answered(std::move(*outcome.answer));
    }
    return usable;
}

/// The connection of a seat was lost, while its first question was answered.
void Pool::Lose(Seat& seat, const Lost& lost) {
    Question& question = TakeFirst(seat);
    Drop(seat);
    if (lost.when != Lost::When::kBefore && question.exchange->effect == Effect::kChange) {
        question.answered(OwnFailure("in_doubt", lost.why));
        return;
    }
    const bool late = lost.when == Lost::When::kWaiting;
    RefuseOrAskAgain(question, OwnFailure(late ? "timed_out" : "database_away", lost.why), !late);
}

Question& Pool::TakeFirst(Seat& seat) {
    Question& question = *seat.questions.front();
    seat.questions.pop_front();
    --asked_;
    waiting_.End(question);
    return question;
}

std::vector<std::unique_ptr<Pool::Seat>>::iterator Pool::PlaceOf(const Seat& seat) {
    return std::find_if(seats_.begin(), seats_.end(), [&](const auto& other) { return other.get() == &seat; });
}

/// Makes a seat the one that was used last.
void Pool::PutLast(const Seat& seat) {
    const auto place = PlaceOf(seat);
    std::rotate(place, std::next(place), seats_.end());
}

/// A connection is of no use any more. Who else was to be answered on it is asked again: they are lookups.
void Pool::Drop(Seat& seat) {
    while (!seat.questions.empty()) {
        Question& question = *seat.questions.back();
        seat.questions.pop_back();
        --asked_;
        waiting_.End(question);
        RefuseOrAskAgain(question, OwnFailure("database_away", "the connection was lost"), true);
    }
    if (const int descriptor = seat.connection().descriptor(); descriptor >= 0) // else libpq has closed it
        poller_.Forget(descriptor);
    const auto place = PlaceOf(seat);
    poller_.Bury(std::move(*place));
    seats_.erase(place);
}

/// Passes a failure on, or asks again, before anybody else, where that is worth it and was not done yet: not together with
/// others, whose connections may be lost too.
void Pool::RefuseOrAskAgain(Question& question, Failure failure, bool worth_again) {
    if (!worth_again || std::exchange(question.asked_before, true)) {
        question.answered(std::move(failure));
        return;
    }
    question.company = Company::kOwnConnection;
    log_.Write(LogLevel::kDebug, "asking again", {{"cause", failure.cause}});
    waiting_.AddFirst(question);
}

void Pool::RefuseAll(const std::string& why) {
    for (Question* const question : waiting_.TakeAll())
        question->answered(OwnFailure("database_away", why));
}

} // namespace curfew::front
