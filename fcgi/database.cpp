#include "database.hpp"

#include "results.hpp"

#include <libpq-fe.h>

#include <poll.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace curfew::front {
namespace {

const Statement kAuthenticate = {
    "authenticate",
    "SELECT (curfew.authenticate($1::text, $2::text, $3::text, $4::text, $5::text)).principal_id",
    {}};
// The same before a change: the server reports a consistency token with the commit.
const Statement kAuthenticateToChange = {
    "authenticate to change",
    "SELECT (curfew.authenticate($1::text, $2::text, $3::text, $4::text, $5::text)).principal_id,"
    " pg_catalog.set_config('curfew.consistency_token', 'report', false)",
    {}};
const char* const kReportedToken = "curfew.consistency_token";
// A standby is given a moment to come so far.
const Statement kCheckConsistency = {"check consistency", "SELECT curfew.check_consistency($1::text, '1 second')", {}};
const Statement kConsistency = {"consistency", "SELECT curfew.consistency_token() AS token", {}};
const Statement kCheckBody = {"check body", "SELECT curfew.json_body($1::text) IS NULL", {}};

// The server ends a statement by itself; a front that has waited this much longer takes the connection for dead.
constexpr std::chrono::seconds kMargin{5};
// Lookups on one connection, so that a backend does not sleep between them.
constexpr std::size_t kMostInHand = 32;
// One that takes longer is held up, and those behind it would be too.
constexpr std::chrono::milliseconds kSoon{100};
// Lookups in one transaction: its own cost is divided among them, and more of them gain little.
constexpr std::size_t kMostInTransaction = 16;

} // namespace

Connection::Connection(const Settings& settings)
    : pipeline_(settings), patience_(settings.statement_timeout + kMargin) {}

bool Connection::IsQuiet() const {
    pollfd socket{descriptor(), POLLIN, 0};
    return poll(&socket, 1, 0) == 0;
}

/// Whether an exchange waits for nobody, and nothing has to be prepared for it.
bool Connection::MayShare(const Exchange& exchange) const {
    return exchange.IsSoonDone() && !exchange.unread_body && exchange.caller && pipeline_.HasPrepared(kAuthenticate) &&
           pipeline_.HasPrepared(*exchange.statement);
}

bool Connection::HasRoomFor(const Exchange& exchange) const {
    const bool has_company = in_hand_.front().company != Company::kOwnConnection; // as the others, who had room behind it
    return in_hand_.size() < kMostInHand && has_company && !IsHeldUp() && MayShare(exchange);
}

/// Whether the first in hand takes longer than a lookup does.
bool Connection::IsHeldUp() const { return Clock::now() - (in_hand_.front().deadline - patience_) > kSoon; }

void Connection::Send(InHand& hand, const Statement& statement, const std::vector<Value>& values) {
    hand.results.insert(hand.results.end(), pipeline_.Send(statement, values), &statement);
}

void Connection::Start(const Exchange& exchange, Company company) {
    if (!MayShare(exchange))
        company = Company::kOwnConnection;
    if (company != Company::kAny)
        Seal();
    InHand& hand = in_hand_.emplace_back(
        InHand{&exchange, Clock::now() + patience_, pipeline_.Reported(kReportedToken)});
    const bool reports = exchange.caller && exchange.wants_consistency;
    if (const auto& caller = exchange.caller)
        Send(hand, reports ? kAuthenticateToChange : kAuthenticate,
             {caller->credential, caller->tenant, caller->via, caller->request_id, caller->traceparent});
    if (exchange.consistency)
        Send(hand, kCheckConsistency, {exchange.consistency});
    if (exchange.unread_body)
        Send(hand, kCheckBody, {exchange.unread_body});
    Send(hand, *exchange.statement, exchange.values);
    hand.company = company;
    if (++unsealed_ == most_together_ || company != Company::kAny)
        Seal();
}

void Connection::Seal() {
    if (std::exchange(unsealed_, 0) == 0)
        return;
    in_hand_.back().ends = true;
    pipeline_.Sync();
}

void Connection::Move() {
    pipeline_.Flush();
    pipeline_.TakeIn();
}

std::optional<Outcome> Connection::Next() {
    if (in_hand_.empty())
        return std::nullopt;
    try {
        if (settled_ == 0 && !ReadTransaction())
            return std::nullopt;
        return Release();
    } catch (const Lost&) {
        if (!in_hand_.front().without_token)
            throw;
        return GiveUp();
    }
}

Outcome Connection::GiveUp() {
    InHand& hand = in_hand_.front();
    if (!hand.without_token)
        throw Lost{Lost::When::kWaiting, "no answer in time"};
    hand.outcome = std::move(*hand.without_token);
    hand.outcome.usable = false;
    return Release();
}

/// The outcome of the first exchange in hand, which is no more.
Outcome Connection::Release() {
    Outcome outcome = std::move(in_hand_.front().outcome);
    in_hand_.pop_front();
    settled_ -= settled_ > 0 ? 1 : 0;
    return outcome;
}

/// Takes what has come of the first transaction in hand; whether it has ended.
bool Connection::ReadTransaction() {
    while (const Pipeline::Result result = pipeline_.Next()) {
        const auto is_owed = [](const InHand& hand) { return hand.ends || hand.done < hand.results.size(); };
        const auto hand = std::find_if(in_hand_.begin(), in_hand_.end(), is_owed);
        if (hand == in_hand_.end())
            throw Lost{Lost::When::kAfter, "out of step with the server"};
        if (Take(*hand, result.get()) && Finish(*hand)) {
            Settle(static_cast<std::size_t>(hand - in_hand_.begin()) + 1);
            return true;
        }
    }
    return false;
}

/// The transaction of the first so many exchanges has ended. An error that has undone it is the outcome of whose it is, the
/// others have none. Where wrong lookups come often, few share a transaction, so that not many are asked twice.
void Connection::Settle(std::size_t count) {
    settled_ = count;
    if (in_hand_.front().company != Company::kAny)
        return;
    const auto end = in_hand_.begin() + static_cast<std::ptrdiff_t>(count);
    const auto failed = [](const InHand& hand) { return hand.outcome.error.has_value(); };
    const bool undone = std::any_of(in_hand_.begin(), end, failed);
    most_together_ = undone ? 1 : std::min(most_together_ + 1, kMostInTransaction);
    const Company again = IsHeldUp() ? Company::kOwnConnection : Company::kOwnTransaction;
    for (auto hand = in_hand_.begin(); undone && hand != end; ++hand) {
        if (failed(*hand))
            continue;
        hand->outcome = Outcome{};
        hand->outcome.undone = again;
    }
}

/// Something has come to its end: the exchange, or the question for its token, whose answer is put into the outcome. A token
/// was reported with the commit, or it is asked for, where the server had none yet or something between does not pass it on.
/// One that is the same as before the exchange may be old: behind a pooler the server does not repeat what it has told to
/// another client. The change is committed by then: whatever goes wrong costs the token, and perhaps the connection. Whether
/// the outcome is whole.
bool Connection::Finish(InHand& hand) {
    if (hand.without_token) {
        Outcome token = std::exchange(hand.outcome, std::move(*hand.without_token));
        if (token.answer)
            hand.outcome.answer->consistency = std::move(token.answer->consistency);
        hand.outcome.usable = token.usable && !token.error;
        return true;
    }
    if (!hand.exchange->wants_consistency || !hand.outcome.answer || !hand.outcome.usable)
        return true;
    std::string reported = pipeline_.Reported(kReportedToken);
    if (!reported.empty() && reported != hand.earlier_token) {
        hand.outcome.answer->consistency = std::move(reported);
        return true;
    }
    hand.without_token = std::exchange(hand.outcome, {});
    hand.results.clear();
    hand.done = 0;
    Send(hand, kConsistency, {});
    pipeline_.Sync();
    return false;
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
    if (last && !hand.outcome.error && (hand.done == hand.results.size() || !from_server))
        throw Lost{Lost::When::kAfter, pipeline_.ErrorText()};
    if (!hand.outcome.error)
        hand.outcome.error = std::move(error);
    hand.outcome.answer.reset();
    hand.outcome.usable = !last;
    ++hand.done;
    return last;
}

} // namespace curfew::front
