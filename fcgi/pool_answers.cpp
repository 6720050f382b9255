// What comes back on the pool's connections, and who is told or asked again.
#include "seat.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace curfew::front {
namespace {

/// A prepared statement that the server no longer has or can no longer run: after DISCARD ALL behind a pooler, or an upgrade
/// of the extension that changed a result. A new connection has none of them.
bool IsStale(std::string_view sqlstate) {
    return sqlstate == "26000" || sqlstate == "42P05" || sqlstate == "0A000";
}

// So long at most is an error held back until others' acts have been done again.
constexpr std::chrono::milliseconds kLongestHolding{100};

} // namespace

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
    HoldNoLonger(now);
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

/// Answers what has come to its end on a connection. What is undone waits again, in the order in which it was begun.
void Pool::ConcludeAll(Seat& seat) {
    ConcludeEach(seat);
    for (auto question = undone_.rbegin(); question != undone_.rend(); ++question)
        waiting_.AddFirst(**question);
    undone_.clear();
}

void Pool::ConcludeEach(Seat& seat) {
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
        question.company = *outcome.undone;
        undone_.push_back(&question);
    } else if (outcome.verdict && !stale) {
        Verdict& verdict = *held_.emplace_back(std::move(outcome.verdict));
        verdict.question = &question;
        verdict.failure = FailureFrom(*outcome.error);
        verdict.since = Connection::Clock::now();
    } else if (outcome.error) {
        // An error that the server reported has undone the transaction, so that even a change may be asked again. What it
        // did not find may be what is not there yet.
        RefuseOrAskAgain(question, outcome.behind && !stale ? OwnFailure("behind") : FailureFrom(*outcome.error),
                         stale || (!outcome.usable && !changes));
    } else if (outcome.behind && !changes) {
        Tell(question, OwnFailure("behind"));
    } else if (!outcome.answer) {
        Tell(question, OwnFailure("internal_error", "a route's statement did not return one row with a body"));
    } else {
        Tell(question, std::move(*outcome.answer));
    }
    return usable;
}

/// The connection of a seat was lost, while its first question was answered. Acts are all in one transaction with that.
void Pool::Lose(Seat& seat, const Lost& lost) {
    while (lost.when != Lost::When::kBefore && !seat.is_free() && Changes(seat.questions.front()->exchange->effect))
        Tell(TakeFirst(seat), OwnFailure("in_doubt", lost.why));
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

void Pool::Tell(Question& question, Reply reply) {
    const std::shared_ptr<Verdict> verdict = std::exchange(question.verdict, nullptr);
    const bool was_done = std::holds_alternative<Answer>(reply);
    question.answered(std::move(reply));
    if (verdict)
        Weigh(*verdict, was_done);
}

/// One of the acts that an error waits for is asked no more. The last decides whether that is told, or its question asked again.
void Pool::Weigh(Verdict& verdict, bool was_done) {
    verdict.stands = verdict.stands && was_done;
    if (--verdict.missing > 0 || verdict.question == nullptr)
        return;
    Question& question = *std::exchange(verdict.question, nullptr);
    if (verdict.stands)
        Tell(question, std::move(verdict.failure));
    else
        AskAgain(question, Company::kOwnConnection);
}

/// Whose error has been held back for long is asked again: who is before him waits for something.
void Pool::HoldNoLonger(Connection::Clock::time_point now) {
    const auto is_over = [](const auto& verdict) { return verdict->question == nullptr; };
    held_.erase(std::remove_if(held_.begin(), held_.end(), is_over), held_.end());
    for (const auto& verdict : held_)
        if (now - verdict->since > kLongestHolding)
            AskAgain(*std::exchange(verdict->question, nullptr), Company::kOwnConnection);
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
        Tell(question, std::move(failure));
        return;
    }
    log_.Write(LogLevel::kDebug, "asking again", {{"cause", failure.cause}});
    AskAgain(question, Company::kOwnConnection);
}

} // namespace curfew::front
