#include "database.hpp"

#include <libpq-fe.h>

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <iterator>
#include <utility>

namespace curfew::front {
namespace {

struct Clear {
    void operator()(PGresult* result) const { PQclear(result); }
};
using Result = std::unique_ptr<PGresult, Clear>;

constexpr Oid kTextOid = 25; // of pg_catalog.text, as every server has it

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

std::string Field(const PGresult* result, int code) {
    const char* value = PQresultErrorField(result, code);
    return value == nullptr ? std::string() : std::string(value);
}

ErrorFields FieldsOf(const PGresult* result) {
    return {.sqlstate = Field(result, PG_DIAG_SQLSTATE),
            .message = Field(result, PG_DIAG_MESSAGE_PRIMARY),
            .detail = Field(result, PG_DIAG_MESSAGE_DETAIL),
            .hint = Field(result, PG_DIAG_MESSAGE_HINT),
            .constraint = Field(result, PG_DIAG_CONSTRAINT_NAME),
            .column = Field(result, PG_DIAG_COLUMN_NAME)};
}

// What the columns of a statement's one row are, besides its body and status.
constexpr std::pair<std::string_view, Value Answer::*> kColumns[] = {
    {"content_type", &Answer::content_type}, {"etag", &Answer::etag},   {"location", &Answer::location},
    {"link", &Answer::link},                 {"refused", &Answer::refused}, {"body_after_token", &Answer::rest},
    {"token", &Answer::consistency},
};

/// The answer that a row is; none where the columns that every answer has are not there.
std::optional<Answer> AnswerOf(const PGresult* row) {
    if (PQntuples(row) != 1)
        return std::nullopt;
    Answer answer;
    bool answers = false;
    for (int column = 0; column < PQnfields(row); ++column) {
        if (PQgetisnull(row, 0, column) != 0)
            continue;
        const std::string_view name = PQfname(row, column);
        std::string value(PQgetvalue(row, 0, column), static_cast<std::size_t>(PQgetlength(row, 0, column)));
        answers = answers || name == "body" || name == "refused" || name == "token";
        if (name == "body")
            answer.body = std::move(value);
        else if (name == "status")
            answer.status = std::stoi(value);
        else if (const auto* const known = std::find_if(std::begin(kColumns), std::end(kColumns),
                                                        [&](const auto& entry) { return entry.first == name; });
                 known != std::end(kColumns))
            answer.*known->second = std::move(value);
    }
    return answers ? std::optional(std::move(answer)) : std::nullopt;
}

/// Whether the server ended the connection with this error.
bool IsLast(const PGresult* result) {
    const std::string severity = Field(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    return severity == "FATAL" || severity == "PANIC";
}

// The server ends a statement by itself; a front that has waited this much longer takes the connection for dead.
constexpr std::chrono::seconds kMargin{5};
// Lookups that a backend answers one after the other without sleeping in between; more of them gain nothing.
constexpr std::size_t kMostInHand = 3;

PGconn* Open(const Settings& settings) {
    const std::string timeout = std::to_string(settings.connect_timeout.count());
    // What stands before dbname is a default, which the connection string in it may replace.
    const std::pair<const char*, const char*> parameters[] = {
        {"application_name", "curfew-fcgi"},   {"keepalives_idle", "30"},
        {"dbname", settings.database.c_str()}, {"client_encoding", "UTF8"},
        {"connect_timeout", timeout.c_str()},
    };
    std::vector<const char*> names;
    std::vector<const char*> values;
    for (const auto& [name, value] : parameters) {
        names.push_back(name);
        values.push_back(value);
    }
    names.push_back(nullptr);
    values.push_back(nullptr);
    return PQconnectdbParams(names.data(), values.data(), 1);
}

} // namespace

Connection::Connection(const Settings& settings)
    : connection_(Open(settings)), patience_(settings.statement_timeout + kMargin) {
    if (PQstatus(connection_.get()) != CONNECTION_OK)
        throw Lost{Lost::When::kBefore, ErrorText()};
    if (PQsetnonblocking(connection_.get(), 1) != 0)
        throw Lost{Lost::When::kBefore, ErrorText()};
    SetUp(settings);
    if (PQenterPipelineMode(connection_.get()) == 0)
        throw Lost{Lost::When::kBefore, ErrorText()};
}

Connection::~Connection() = default;

void Connection::Close::operator()(pg_conn* connection) const { PQfinish(connection); }

int Connection::descriptor() const { return PQsocket(connection_.get()); }

bool Connection::IsQuiet() const {
    pollfd socket{descriptor(), POLLIN, 0};
    return poll(&socket, 1, 0) == 0;
}

void Connection::SetUp(const Settings& settings) {
    const std::string seconds = std::to_string(settings.statement_timeout.count());
    const std::string sql = "SET search_path = pg_catalog, pg_temp; SET statement_timeout = '" + seconds +
                            "s'; SET idle_in_transaction_session_timeout = '" + seconds + "s'";
    // A pooler has let the connection in, and may have no server for it.
    const auto until = Clock::now() + settings.connect_timeout;
    if (PQsendQuery(connection_.get(), sql.c_str()) == 0)
        throw Lost{Lost::When::kBefore, ErrorText()};
    for (;;) {
        Flush();
        if (PQisBusy(connection_.get()) == 0) {
            const Result result(PQgetResult(connection_.get()));
            if (!result)
                return;
            if (PQresultStatus(result.get()) != PGRES_COMMAND_OK)
                throw Lost{Lost::When::kBefore, ErrorText()};
            continue;
        }
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
        if (left.count() <= 0)
            throw Lost{Lost::When::kBefore, "no answer in time"};
        pollfd socket{descriptor(), static_cast<short>(unsent_ ? POLLIN | POLLOUT : POLLIN), 0};
        if (poll(&socket, 1, static_cast<int>(left.count())) < 0 && errno != EINTR)
            throw Lost{Lost::When::kBefore, "poll failed"};
        TakeIn();
    }
}

std::string Connection::ErrorText() const {
    std::string text = PQerrorMessage(connection_.get());
    while (!text.empty() && text.back() == '\n')
        text.pop_back();
    return text;
}

std::string Connection::ReportedToken() const {
    const char* token = PQparameterStatus(connection_.get(), kReportedToken);
    return token == nullptr ? "" : token;
}

void Connection::Send(InHand& hand, const Statement& statement, const std::vector<Value>& values) {
    if (!prepared_.contains(statement.name)) {
        const std::vector<Oid> types(values.size(), kTextOid);
        if (PQsendPrepare(connection_.get(), statement.name.c_str(), statement.sql.c_str(),
                          static_cast<int>(types.size()), types.data()) == 0)
            throw Lost{Lost::When::kBefore, ErrorText()};
        hand.steps.push_back(&statement);
    }
    std::vector<const char*> texts;
    for (const Value& value : values)
        texts.push_back(value ? value->c_str() : nullptr);
    if (PQsendQueryPrepared(connection_.get(), statement.name.c_str(), static_cast<int>(texts.size()), texts.data(),
                            nullptr, nullptr, 0) == 0)
        throw Lost{Lost::When::kBefore, ErrorText()};
    hand.steps.push_back(&statement);
}

void Connection::Sync() {
    if (PQpipelineSync(connection_.get()) == 0)
        throw Lost{Lost::When::kAfter, ErrorText()};
    Flush();
}

void Connection::Flush() {
    const int left = PQflush(connection_.get());
    if (left < 0)
        throw Lost{Lost::When::kAfter, ErrorText()};
    unsent_ = left > 0;
}

void Connection::TakeIn() {
    // A broken connection is told by PQgetResult too, after what the server had still said.
    if (PQconsumeInput(connection_.get()) == 0 && PQstatus(connection_.get()) == CONNECTION_OK)
        throw Lost{Lost::When::kAfter, ErrorText()};
    // What of a TLS record libpq had no room for is in no socket, and nothing would tell of it.
    if (PQsslInUse(connection_.get()) != 0)
        PQconsumeInput(connection_.get());
}

bool Connection::HasRoomFor(const Exchange& exchange) const {
    const auto is_soon_done = [](const InHand& hand) { return hand.exchange->IsSoonDone(); };
    return in_hand_.size() < kMostInHand && exchange.IsSoonDone() &&
           std::all_of(in_hand_.begin(), in_hand_.end(), is_soon_done) && !exchange.unread_body && exchange.caller &&
           prepared_.contains(kAuthenticate.name) && prepared_.contains(exchange.statement->name);
}

void Connection::Start(const Exchange& exchange) {
    InHand& hand = in_hand_.emplace_back(InHand{&exchange, Clock::now() + patience_, ReportedToken()});
    const bool reports = exchange.caller && exchange.wants_consistency;
    if (const auto& caller = exchange.caller)
        Send(hand, reports ? kAuthenticateToChange : kAuthenticate,
             {caller->credential, caller->tenant, caller->via, caller->request_id, caller->traceparent});
    if (exchange.consistency)
        Send(hand, kCheckConsistency, {exchange.consistency});
    if (exchange.unread_body)
        Send(hand, kCheckBody, {exchange.unread_body});
    Send(hand, *exchange.statement, exchange.values);
    Sync();
}

void Connection::Move() {
    Flush();
    TakeIn();
}

std::optional<Outcome> Connection::Next() {
    if (in_hand_.empty())
        return std::nullopt;
    InHand& hand = in_hand_.front();
    try {
        while (PQisBusy(connection_.get()) == 0) {
            const Result result(PQgetResult(connection_.get()));
            if (!result) {
                if (std::exchange(was_null_, true))
                    throw Lost{Lost::When::kAfter, "out of step with the server"};
                continue;
            }
            was_null_ = false;
            if (Take(hand, result.get()) && Finish(hand))
                return Release();
        }
        return std::nullopt;
    } catch (const Lost&) {
        if (!hand.without_token)
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
    return outcome;
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
    std::string reported = ReportedToken();
    if (!reported.empty() && reported != hand.earlier_token) {
        hand.outcome.answer->consistency = std::move(reported);
        return true;
    }
    hand.without_token = std::exchange(hand.outcome, {});
    hand.steps.clear();
    hand.done = 0;
    Send(hand, kConsistency, {});
    Sync();
    return false;
}

/// Takes one result; whether it is the last of its transaction.
bool Connection::Take(InHand& hand, const pg_result* result) {
    switch (PQresultStatus(result)) {
    case PGRES_PIPELINE_SYNC:
        return true;
    case PGRES_COMMAND_OK:
        if (hand.done < hand.steps.size())
            prepared_.insert(hand.steps[hand.done++]->name);
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
    if (hand.done < hand.steps.size() && hand.steps[hand.done] == &kCheckConsistency)
        hand.outcome.behind = *PQgetvalue(row, 0, 0) == 'f';
    if (++hand.done != hand.steps.size())
        return;
    hand.outcome.answer = AnswerOf(row);
    if (!hand.outcome.answer && !hand.without_token)
        throw Refusal(OwnFailure("internal_error", "a route's statement did not return one row with a body"));
}

/// Whether the connection is gone, and the outcome is what it is. Throws Lost where it is gone and the transaction may be
/// committed: commit comes after the last statement's result.
bool Connection::TakeError(InHand& hand, const pg_result* result) {
    ErrorFields error = FieldsOf(result);
    const bool from_server = !error.sqlstate.empty();
    const bool last = !from_server || IsLast(result);
    if (last && !hand.outcome.error && (hand.done == hand.steps.size() || !from_server))
        throw Lost{Lost::When::kAfter, ErrorText()};
    if (!hand.outcome.error)
        hand.outcome.error = std::move(error);
    hand.outcome.answer.reset();
    hand.outcome.usable = !last;
    ++hand.done;
    return last;
}

} // namespace curfew::front
