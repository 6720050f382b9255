#include "database.hpp"

#include "proof.hpp"
#include "results.hpp"

#include <libpq-fe.h>

#include <poll.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

namespace curfew::front {
namespace {

const char* const kReportedToken = "curfew.consistency_token";
// A standby is given a moment to come so far.
const Statement kCheckConsistency = {"check consistency", "SELECT curfew.check_consistency($1::text, '1 second')", {}};
const Statement kConsistency = {"consistency", "SELECT curfew.consistency_token() AS token", {}};
const Statement kCheckBody = {"check body", "SELECT curfew.json_body($1::text) IS NULL", {}};

// The server ends a statement by itself, and lets no caller more into a transaction that has taken a second; a front that has
// waited this much longer takes the connection for dead.
constexpr std::chrono::seconds kMargin{5};
// One that takes longer is held up, and those behind it would be too.
constexpr std::chrono::milliseconds kSoon{100};

/// Whether somebody else was in the way: another transaction, or who was in this one before.
bool IsOthersDoing(const ErrorFields& error) {
    return error.is_of_caller_before || error.sqlstate == "55P03" || error.sqlstate == "40001" || error.sqlstate == "40P01";
}

} // namespace

Connection::Connection(const Settings& settings)
    : pipeline_(settings), patience_(settings.statement_timeout + kMargin),
      most_in_transaction_(static_cast<std::size_t>(settings.requests_per_transaction)) {}

bool Connection::IsQuiet() const {
    pollfd socket{descriptor(), POLLIN, 0};
    return poll(&socket, 1, 0) == 0;
}

/// Whether an exchange may have company, and nothing has to be prepared for it.
bool Connection::MayShare(const Exchange& exchange) const {
    return exchange.MayHaveCompany() && pipeline_.HasPrepared(*exchange.proving);
}

/// Whether lookups that may have company are in hand: all are, if the first is, since they had room with it.
bool Connection::IsAtLookups() const {
    return !in_hand_.empty() && in_hand_.front().company != Company::kOwnConnection &&
           !Changes(in_hand_.front().exchange->effect);
}

bool Connection::HasRoom(std::size_t most_lookups) const {
    if (IsAtLookups())
        return TakesLookups() && in_hand_.size() < most_lookups;
    return is_open() && in_hand_.front().company != Company::kOwnConnection;
}

bool Connection::HasRoomFor(const Exchange& exchange, std::size_t most_lookups) const {
    return HasRoom(most_lookups) && in_hand_.front().exchange->effect == exchange.effect && MayShare(exchange);
}

bool Connection::IsAtActsSince(Clock::time_point then) const {
    if (in_hand_.empty())
        return false;
    const InHand& first = in_hand_.front();
    return first.asked_for == Company::kAny && Changes(first.exchange->effect) && first.began > then && most_together_ > 1;
}

/// Whether the first in hand takes longer than it should.
bool Connection::IsHeldUp() const { return Clock::now() - in_hand_.front().began > kSoon; }

void Connection::Send(InHand& hand, const Statement& statement, const std::vector<Value>& values) {
    hand.results.insert(hand.results.end(), pipeline_.Send(statement, values), &statement);
}

void Connection::Start(const Exchange& exchange, Company company) {
    const Company asked_for = company;
    if (!MayShare(exchange))
        company = Company::kOwnConnection;
    if (company != Company::kAny)
        Seal();
    if (!is_open())
        earlier_token_ = pipeline_.Reported(kReportedToken);
    InHand& hand = in_hand_.emplace_back(InHand{&exchange, Clock::now(), asked_for, company});
    if (asked_for != Company::kOwnConnection)
        Send(hand, *exchange.proving, ProvingValues(exchange));
    else
        SendOneByOne(hand);
    if (++unsealed_ == most_together_ || company != Company::kAny)
        Seal();
}

void Connection::SendOneByOne(InHand& hand) {
    const Exchange& exchange = *hand.exchange;
    if (exchange.caller)
        Send(hand, AuthenticationFor(exchange), AuthenticationValues(*exchange.caller));
    if (exchange.consistency)
        Send(hand, kCheckConsistency, {exchange.consistency});
    if (exchange.unread_body)
        Send(hand, kCheckBody, {exchange.unread_body});
    Send(hand, *exchange.statement, exchange.values);
}

void Connection::Seal() {
    if (std::exchange(unsealed_, 0) == 0)
        return;
    in_hand_.back().ends = true;
    pipeline_.Sync();
}

void Connection::Move() {
    heard_ = Clock::now();
    pipeline_.Flush();
    pipeline_.TakeIn();
}

std::optional<Outcome> Connection::Next() {
    if (in_hand_.empty())
        return std::nullopt;
    try {
        if (settled_ == 0 && !ReadTransaction())
            return std::nullopt;
    } catch (const Lost&) {
        if (!token_)
            throw;
        GiveUp();
    }
    Outcome outcome = std::move(in_hand_.front().outcome);
    in_hand_.pop_front();
    --settled_;
    return outcome;
}

void Connection::GiveUp() {
    if (!token_)
        throw Lost{Lost::When::kWaiting, "no answer in time"};
    token_->outcome.usable = false;
    Settle(tokenless_);
}

/// Takes what has come of the first transaction in hand; whether it has ended.
bool Connection::ReadTransaction() {
    while (const Pipeline::Result result = pipeline_.Next()) {
        if (token_) {
            if (TakeToken(result.get()))
                return true;
            continue;
        }
        const auto hand = std::find_if(in_hand_.begin(), in_hand_.end(), [](const InHand& each) { return each.is_owed(); });
        if (hand == in_hand_.end())
            throw Lost{Lost::When::kAfter, "out of step with the server"};
        if (!Take(*hand, result.get()))
            continue;
        const auto count = static_cast<std::size_t>(hand - in_hand_.begin()) + 1;
        if (AsksForToken(count))
            continue;
        Settle(count);
        return true;
    }
    return false;
}

/// The first so many are committed. A token was reported with that, or it is asked for, where the server had none yet or
/// something between does not pass it on. One that is the same as before may be old: behind a pooler the server does not repeat
/// what it has told to another client. Whatever goes wrong from here on costs the token, and perhaps the connection.
bool Connection::AsksForToken(std::size_t count) {
    const auto end = in_hand_.begin() + static_cast<std::ptrdiff_t>(count);
    const bool wanted = std::any_of(in_hand_.begin(), end, [](const InHand& each) { return each.wants_token(); });
    if (!wanted || IsUndone() || !std::prev(end)->outcome.usable)
        return false;
    const std::string reported = pipeline_.Reported(kReportedToken);
    if (reported.empty() || reported == earlier_token_) {
        token_ = InHand{nullptr, {}, Company::kOwnConnection, Company::kOwnConnection};
        tokenless_ = count;
        Send(*token_, kConsistency, {});
        pipeline_.Sync();
        return true;
    }
    for (auto hand = in_hand_.begin(); hand != end; ++hand)
        if (hand->wants_token())
            hand->outcome.answer->consistency = reported;
    return false;
}

/// Takes a result of the question for a token; whether it is the last.
bool Connection::TakeToken(const pg_result* result) {
    if (!Take(*token_, result))
        return false;
    const auto end = in_hand_.begin() + static_cast<std::ptrdiff_t>(tokenless_);
    for (auto hand = in_hand_.begin(); token_->outcome.answer && hand != end; ++hand)
        if (hand->wants_token())
            hand->outcome.answer->consistency = token_->outcome.answer->consistency;
    Settle(tokenless_);
    return true;
}

/// The transaction of the first so many exchanges has ended, and what can be known of its token is. Where wrong requests come
/// often, or slow ones, few share a transaction, so that not many are asked twice or wait.
void Connection::Settle(std::size_t count) {
    settled_ = count;
    if (token_)
        in_hand_[count - 1].outcome.usable = token_->outcome.usable && !token_->has_failed();
    token_.reset();
    if (in_hand_.front().asked_for != Company::kAny)
        return;
    const auto end = in_hand_.begin() + static_cast<std::ptrdiff_t>(count);
    const auto failed = std::find_if(in_hand_.begin(), end, [](const InHand& each) { return each.has_failed(); });
    most_together_ = failed != end || IsHeldUp() ? 1 : std::min(most_together_ + 1, most_in_transaction_);
    if (failed != end)
        Undo(count, static_cast<std::size_t>(failed - in_hand_.begin()));
}

/// An error has undone the transaction of the first so many. It is the outcome of whose it is, the others have none. One that
/// another transaction has caused is nobody's, if acts share. One that came with the commit is taken for the last one's: if it
/// is another's, that one will not be done again, and the last one is asked again.
void Connection::Undo(std::size_t count, std::size_t failed) {
    const InHand& whose = in_hand_[failed];
    const bool acts = Changes(whose.exchange->effect);
    const bool is_own = !acts || !IsOthersDoing(*whose.outcome.error);
    const auto verdict = acts && is_own && failed > 0 ? std::make_shared<Verdict>(Verdict{failed}) : nullptr;
    const Company again = acts || IsHeldUp() ? Company::kOwnConnection : Company::kOwnTransaction;
    for (std::size_t place = 0; place < count; ++place) {
        Outcome& outcome = in_hand_[place].outcome;
        if (place != failed || !is_own) {
            outcome.answer.reset();
            outcome.error.reset();
            outcome.undone = again;
        }
        if (place <= failed)
            outcome.verdict = verdict;
    }
}

/// Whether an error has undone the first transaction in hand.
bool Connection::IsUndone() const {
    return std::any_of(in_hand_.begin(), in_hand_.end(), [](const InHand& each) { return each.has_failed(); });
}

/// Takes one result; whether it is the last of its transaction.
bool Connection::Take(InHand& hand, const pg_result* result) {
    switch (PQresultStatus(result)) {
    case PGRES_PIPELINE_SYNC:
        return true;
    case PGRES_COMMAND_OK:
        if (hand.done < hand.results.size())
            pipeline_.NotePrepared(*hand.results[hand.done++]);
        return false;
    case PGRES_TUPLES_OK:
        TakeRow(hand, result);
        return false;
    case PGRES_PIPELINE_ABORTED:
        ++hand.done;
        return false;
    default:
        return TakeError(hand, result);
    }
}

void Connection::TakeRow(InHand& hand, const pg_result* row) {
    if (hand.done < hand.results.size() && hand.results[hand.done] == &kCheckConsistency)
        hand.outcome.behind = *PQgetvalue(row, 0, 0) == 'f';
    if (++hand.done != hand.results.size())
        return;
    hand.outcome.answer = AnswerOf(row);
}

/// Whether the connection is gone, and the outcome is what it is. Throws Lost where it is gone and the transaction may be
/// committed: commit comes after the last statement's result.
bool Connection::TakeError(InHand& hand, const pg_result* result) {
    ErrorFields error = FieldsOf(result);
    const bool from_server = !error.sqlstate.empty();
    const bool last = !from_server || IsLast(result);
    if (last && !IsUndone() && (hand.done == hand.results.size() || !from_server))
        throw Lost{Lost::When::kAfter, pipeline_.ErrorText()};
    if (!IsUndone())
        hand.outcome.error = std::move(error);
    hand.outcome.answer.reset();
    hand.outcome.usable = !last;
    ++hand.done;
    return last;
}

} // namespace curfew::front
