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
      waiting_(static_cast<std::size_t>(ShareOfOne(settings.connections))),
      most_at_acts_(TransactionsOfActs(settings.connections)) {}

Pool::~Pool() = default;

void Pool::Ask(Question& question) {
    question.asked_before = false;
    question.company = CompanyFor(*question.exchange);
    question.verdict.reset();
    if (seats_.empty() && availability_.is_away() && !Connect()) {
        question.answered(OwnFailure("database_away", "waiting before the next attempt"));
        return;
    }
    waiting_.Add(question);
}

Company Pool::CompanyFor(const Exchange& exchange) const {
    if (settings_.requests_per_transaction > 1)
        return Company::kAny;
    return exchange.IsAct() ? Company::kOwnConnection : Company::kOwnTransaction;
}

bool Pool::Withdraw(Question& question) {
    if (!waiting_.Remove(question))
        return false;
    if (const auto verdict = std::exchange(question.verdict, nullptr))
        Weigh(*verdict, false);
    return true;
}

void Pool::Tick(Connection::Clock::time_point now) {
    std::vector<Seat*> late;
    for (const auto& seat : seats_)
        if (!seat->is_free() && seat->connection().deadline() <= now)
            late.push_back(seat.get());
    for (Seat* seat : late) {
        try {
            seat->connection().GiveUp();
        } catch (const Lost& lost) {
            Lose(*seat, lost);
            continue;
        }
        ConcludeAll(*seat);
    }
}

/// A connection on which the question can be sent with others; none where there is no such.
Pool::Seat* Pool::SeatToJoin(const Question& question) const {
    const auto has_room = [&](const auto& seat) {
        return question.company != Company::kOwnConnection && !seat->is_free() &&
               seat->connection().HasRoomFor(*question.exchange);
    };
    const auto shared = std::find_if(seats_.rbegin(), seats_.rend(), has_room);
    return shared == seats_.rend() ? nullptr : shared->get();
}

/// A connection that is free: of those the one that was used last, whose memory is still at hand.
Pool::Seat* Pool::FreeSeat() {
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

/// Whether acts are at work on enough connections that one more is better made with the next that one of these makes: a commit
/// costs about as much as an act. Those that take long are not waited for.
bool Pool::HasToGather(const Question& question) const {
    if (question.company != Company::kAny || !question.exchange->IsAct())
        return false;
    const auto since = Connection::Clock::now() - kLongestGathering;
    const auto is_at_acts = [&](const auto& seat) { return seat->connection().IsAtActsSince(since); };
    return std::count_if(seats_.begin(), seats_.end(), is_at_acts) >= most_at_acts_;
}

bool Pool::MayBegin(const Question& question, bool has_less) {
    if (SeatToJoin(question) != nullptr)
        return true;
    const bool gathers = HasToGather(question);
    is_gathering_ = is_gathering_ || gathers;
    return !gathers && (has_less || question.exchange->IsSoonDone());
}

/// Gives who may have one a connection, as far as there are any.
void Pool::Fill() {
    is_gathering_ = false;
    const auto may_begin = [this](const Question& question, bool has_less) { return MayBegin(question, has_less); };
    while (Question* const question = waiting_.Next(may_begin)) {
        Seat* const shared = SeatToJoin(*question);
        if (Seat* const seat = shared != nullptr ? shared : FreeSeat()) {
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
    waiting_.Begin(question, !seat.is_free());
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
    ConcludeAll(seat);
}

/// Answers what has come to its end on a connection.
void Pool::ConcludeAll(Seat& seat) {
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
    const bool changes = Changes(question.exchange->effect);
    const bool stale = outcome.error && IsStale(outcome.error->sqlstate);
    const bool usable = outcome.usable && !stale;
    if (usable)
        PutLast(seat);
    else
        Drop(seat);
    if (outcome.undone) {
        question.verdict = std::move(outcome.verdict);
        AskAgain(question, *outcome.undone);
    } else if (outcome.verdict && !stale) {
        outcome.verdict->question = &question;
        outcome.verdict->failure = FailureFrom(*outcome.error);
    } else if (outcome.error) {
        // An error that the server reported has undone the transaction, so that even a change may be asked again. What it
        // did not find may be what is not there yet.
        RefuseOrAskAgain(question, outcome.behind && !stale ? OwnFailure("behind") : FailureFrom(*outcome.error),
                         stale || (!outcome.usable && !changes));
    } else if (outcome.behind && !changes) {
        Answer(question, OwnFailure("behind"));
    } else if (!outcome.answer) {
        Answer(question, OwnFailure("internal_error", "a route's statement did not return one row with a body"));
    } else {
        Answer(question, std::move(*outcome.answer));
    }
    return usable;
}

/// The connection of a seat was lost, while its first question was answered. Acts are all in one transaction with that.
void Pool::Lose(Seat& seat, const Lost& lost) {
    while (lost.when != Lost::When::kBefore && !seat.is_free() && Changes(seat.questions.front()->exchange->effect))
        Answer(TakeFirst(seat), OwnFailure("in_doubt", lost.why));
    Question* const question = seat.is_free() ? nullptr : &TakeFirst(seat);
    Drop(seat);
    const bool late = lost.when == Lost::When::kWaiting;
    if (question != nullptr)
        RefuseOrAskAgain(*question, OwnFailure(late ? "timed_out" : "database_away", lost.why), !late);
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

/// A connection is of no use any more. Who else was to be answered on it is asked again: they are lookups, or acts in a
/// transaction that is undone.
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

void Pool::Answer(Question& question, Reply reply) {
    const std::shared_ptr<Verdict> verdict = std::exchange(question.verdict, nullptr);
    const bool was_done = std::holds_alternative<curfew::front::Answer>(reply);
    question.answered(std::move(reply));
    if (verdict)
        Weigh(*verdict, was_done);
}

/// One of the acts that an error waits for is asked no more. The last decides whether that is told, or its question asked again.
void Pool::Weigh(Verdict& verdict, bool was_done) {
    verdict.stands = verdict.stands && was_done;
    if (--verdict.missing > 0 || verdict.question == nullptr)
        return;
    if (verdict.stands)
        Answer(*verdict.question, std::move(verdict.failure));
    else
        AskAgain(*verdict.question, Company::kOwnConnection);
}

/// Before anybody else.
void Pool::AskAgain(Question& question, Company company) {
    question.company = company;
    waiting_.AddFirst(question);
}

/// Passes a failure on, or asks again, where that is worth it and was not done yet: not together with others, whose
/// connections may be lost too.
void Pool::RefuseOrAskAgain(Question& question, Failure failure, bool worth_again) {
    if (!worth_again || std::exchange(question.asked_before, true)) {
        Answer(question, std::move(failure));
        return;
    }
    log_.Write(LogLevel::kDebug, "asking again", {{"cause", failure.cause}});
    AskAgain(question, Company::kOwnConnection);
}

void Pool::RefuseAll(const std::string& why) {
    while (waiting_.size() > 0)
        for (Question* const question : waiting_.TakeAll())
            Answer(*question, OwnFailure("database_away", why));
}

} // namespace curfew::front
