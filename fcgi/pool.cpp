#include "seat.hpp"

#include <algorithm>
#include <exception>
#include <functional>
#include <utility>

namespace curfew::front {
namespace {

// Acts wait so long at most for others to end, to share the next transaction.
constexpr std::chrono::milliseconds kLongestGathering{20};

// Who needs a connection sees lookups join others for so long at most, while there is none for him.
constexpr std::chrono::milliseconds kLongestJoining{20};

// Lookups on one connection, so that a backend does not sleep between them.
constexpr std::size_t kFewLookups = 32;
// The same where another connection would have its backend compete with theirs for a processor, or there is none.
constexpr std::size_t kManyLookups = 128;

} // namespace

Pool::Pool(const Settings& settings, const Log& log, Poller& poller, Inbox& inbox, Helpers& connectors)
    : settings_(settings), log_(log), poller_(poller), inbox_(inbox), connectors_(connectors),
      waiting_(static_cast<std::size_t>(ShareOfOne(settings.connections))),
      most_at_acts_(TransactionsOfActs(settings.connections)),
      most_at_lookups_(ConnectionsOfLookups(settings.connections)) {}

Pool::~Pool() = default;

void Pool::Ask(Question& question) {
    question.since = Connection::Clock::now();
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
    if (!exchange.MayHaveCompany())
        return Company::kOwnConnection;
    if (settings_.requests_per_transaction > 1)
        return Company::kAny;
    return Changes(exchange.effect) ? Company::kOwnConnection : Company::kOwnTransaction;
}

bool Pool::Withdraw(Question& question) { return waiting_.Remove(question); }

/// How many lookups a connection takes at a time.
///   is_full  whether there is no other connection for them now
std::size_t Pool::MostLookups(bool is_full) const {
    const auto takes_lookups = [](const auto& seat) { return seat->connection().TakesLookups(); };
    const bool are_enough = is_full || std::count_if(seats_.begin(), seats_.end(), takes_lookups) >= most_at_lookups_;
    return are_enough ? kManyLookups : kFewLookups;
}

/// A connection on which the question can be sent with others; none where there is no such.
Pool::Seat* Pool::SeatToJoin(const Question& question, std::size_t most_lookups) const {
    const auto has_room = [&](const auto& seat) {
        return question.company != Company::kOwnConnection && !seat->is_free() &&
               seat->connection().HasRoomFor(*question.exchange, most_lookups);
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

std::chrono::milliseconds Pool::Patience(std::chrono::milliseconds otherwise) const {
    if (!gathers_until_)
        return otherwise;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*gathers_until_ - Connection::Clock::now());
    return std::clamp(left, std::chrono::milliseconds(0), kLongestGathering);
}

/// Whether nobody may join others any more before a question, for which there is no connection: a connection would never be free
/// as long as lookups come and come. A lookup that can join them itself, once there are fewer, needs none.
bool Pool::HasPriority(const Question& question) const {
    const bool may_join = question.exchange->IsSoonDone() && SeatToJoin(question, kManyLookups + 1) != nullptr;
    return !may_join && Connection::Clock::now() - question.since > kLongestJoining;
}

/// Whether acts are at work on enough connections that one more is better made with the next that one of these makes: a commit
/// costs about as much as an act. Those that take long are not waited for.
bool Pool::IsAtActs() const {
    const auto since = Connection::Clock::now() - kLongestGathering;
    const auto is_at_acts = [&](const auto& seat) { return seat->connection().IsAtActsSince(since); };
    return std::count_if(seats_.begin(), seats_.end(), is_at_acts) >= most_at_acts_;
}

/// Whether an act has to wait for those that are at work; it does so for a moment only.
bool Pool::HasToGather(const Question& question) {
    const auto until = question.since + kLongestGathering;
    if (question.company != Company::kAny || !Changes(question.exchange->effect) || until <= Connection::Clock::now())
        return false;
    gathers_until_ = std::min(gathers_until_.value_or(until), until);
    return true;
}

/// Gives who may have one a connection, as far as there are any; then who joins others waits for none.
void Pool::Fill() {
    gathers_until_.reset();
    for (bool is_full = false;;) {
        const std::size_t most_lookups = MostLookups(is_full);
        const bool has_room = std::any_of(seats_.begin(), seats_.end(), [=](const auto& seat) {
            return !seat->is_free() && seat->connection().HasRoom(most_lookups);
        });
        if (is_full && !has_room)
            return;
        const bool is_at_acts = !is_full && IsAtActs();
        Seat* shared = nullptr; // of the question that is found
        const auto may_begin = [&](const Question& question, bool has_less) {
            shared = has_room ? SeatToJoin(question, most_lookups) : nullptr;
            if (shared != nullptr)
                return true;
            const bool may = !is_full && (has_less || question.exchange->IsSoonDone());
            return may && !(is_at_acts && HasToGather(question));
        };
        Question* const question = waiting_.Next(std::ref(may_begin));
        if (question == nullptr)
            return;
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
        else if (HasPriority(*question))
            return;
        else
            is_full = true;
    }
}

/// All that was to be given to connections is: nobody comes into the shared transactions any more. False where one was lost over
/// that, and its lookups wait again.
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

void Pool::RefuseAll(const std::string& why) {
    for (Question* const question : waiting_.TakeAll())
        Tell(*question, OwnFailure("database_away", why));
}

} // namespace curfew::front
