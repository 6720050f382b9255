#include "database.hpp"

#include <libpq-fe.h>

#include <poll.h>

#include <cerrno>
#include <chrono>
#include <set>
#include <utility>

namespace curfew::front {
namespace {

using Clock = std::chrono::steady_clock;
using Result = std::unique_ptr<PGresult, decltype(&PQclear)>;

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

/// The connection broke, or did not answer in time.
struct Lost {
    enum class When {
        kBefore, // the Sync had not been sent, so nothing can be committed
        kAfter,
        kWaiting, // too long for the answer
    };
    When when;
    std::string why;
};

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

Value Column(const PGresult* row, const char* name) {
    const int column = PQfnumber(row, name);
    if (column < 0 || PQgetisnull(row, 0, column) != 0)
        return std::nullopt;
    return std::string(PQgetvalue(row, 0, column), static_cast<std::size_t>(PQgetlength(row, 0, column)));
}

Answer AnswerOf(const PGresult* row) {
    const Value body = Column(row, "body");
    const Value refused = Column(row, "refused");
    if (PQntuples(row) != 1 || (!body && !refused))
        throw Refusal(OwnFailure("internal_error", "a route's statement did not return one row with a body"));
    Answer answer;
    answer.body = body.value_or("");
    answer.refused = refused;
    answer.content_type = Column(row, "content_type");
    answer.etag = Column(row, "etag");
    answer.location = Column(row, "location");
    answer.link = Column(row, "link");
    answer.rest = Column(row, "body_after_token");
    if (const Value status = Column(row, "status"))
        answer.status = std::stoi(*status);
    return answer;
}

/// A prepared statement that the server no longer has or can no longer run: after DISCARD ALL behind a
/// pooler, or an upgrade of the extension that changed a result. A new connection has none of them.
bool IsStale(std::string_view sqlstate) {
    return sqlstate == "26000" || sqlstate == "42P05" || sqlstate == "0A000";
}

/// Whether the server ended the connection with this error.
bool IsLast(const PGresult* result) {
    const std::string severity = Field(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    return severity == "FATAL" || severity == "PANIC";
}

} // namespace

/// A libpq connection in pipeline mode, and what it has prepared. Not used again after it has thrown Lost.
class Connection {
  public:
    /// Throws Lost.
    explicit Connection(const Settings& settings)
        : connection_(Open(settings), PQfinish), patience_(settings.statement_timeout + kMargin) {
        if (PQstatus(connection_.get()) != CONNECTION_OK)
            throw Lost{Lost::When::kBefore, ErrorText()};
        if (PQsetnonblocking(connection_.get(), 1) != 0)
            throw Lost{Lost::When::kBefore, ErrorText()};
        SetUp(settings);
        if (PQenterPipelineMode(connection_.get()) == 0)
            throw Lost{Lost::When::kBefore, ErrorText()};
    }

    /// Whether nothing has come in since the last exchange: what a server says unasked is that it is going.
    bool IsQuiet() const {
        pollfd socket{PQsocket(connection_.get()), POLLIN, 0};
        return poll(&socket, 1, 0) == 0;
    }

    struct Outcome {
        std::optional<Answer> answer;
        std::optional<ErrorFields> error; // the transaction is not committed
        bool behind = false;              // a standby that has not replayed what it was to show
        bool usable = true;               // for the next exchange
    };

    /// Sends everything up to the Sync and reads what comes back. Throws Lost if the end of the transaction was
    /// not seen and no error was reported either.
    Outcome Run(const Exchange& exchange) {
        deadline_ = Clock::now() + patience_;
        std::vector<Step> steps;
        const bool reports = exchange.caller && exchange.wants_consistency;
        const std::string earlier = ReportedToken();
        if (const auto& caller = exchange.caller)
            Send(steps, reports ? kAuthenticateToChange : kAuthenticate,
                 {caller->credential, caller->tenant, caller->via, caller->request_id, caller->traceparent});
        if (exchange.consistency)
            Send(steps, kCheckConsistency, {exchange.consistency});
        if (exchange.unread_body)
            Send(steps, kCheckBody, {exchange.unread_body});
        Send(steps, *exchange.statement, exchange.values);
        Sync();
        Outcome outcome = Read(steps, [](const PGresult* row) { return AnswerOf(row); });
        if (exchange.wants_consistency && outcome.answer && outcome.usable)
            GetToken(earlier, outcome);
        return outcome;
    }

  private:
    // The server ends a statement by itself; a front that has waited this much longer takes the connection
    // for dead.
    static constexpr std::chrono::seconds kMargin{5};

    struct Step {
        const Statement* statement;
        bool prepares; // else it executes
    };

    static PGconn* Open(const Settings& settings) {
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

    void SetUp(const Settings& settings) {
        const std::string seconds = std::to_string(settings.statement_timeout.count());
        const std::string sql = "SET search_path = pg_catalog, pg_temp; SET statement_timeout = '" + seconds +
                                "s'; SET idle_in_transaction_session_timeout = '" + seconds + "s'";
        // A pooler has let the connection in, and may have no server for it.
        deadline_ = Clock::now() + settings.connect_timeout;
        if (PQsendQuery(connection_.get(), sql.c_str()) == 0)
            throw Lost{Lost::When::kBefore, ErrorText()};
        while (const Result result = Next())
            if (PQresultStatus(result.get()) != PGRES_COMMAND_OK)
                throw Lost{Lost::When::kBefore, ErrorText()};
    }

    std::string ErrorText() const {
        std::string text = PQerrorMessage(connection_.get());
        while (!text.empty() && text.back() == '\n')
            text.pop_back();
        return text;
    }

    void Send(std::vector<Step>& steps, const Statement& statement, const std::vector<Value>& values) {
        if (!prepared_.contains(statement.name)) {
            const std::vector<Oid> types(values.size(), kTextOid);
            if (PQsendPrepare(connection_.get(), statement.name.c_str(), statement.sql.c_str(),
                              static_cast<int>(types.size()), types.data()) == 0)
                throw Lost{Lost::When::kBefore, ErrorText()};
            steps.push_back({&statement, true});
        }
        std::vector<const char*> texts;
        for (const Value& value : values)
            texts.push_back(value ? value->c_str() : nullptr);
        if (PQsendQueryPrepared(connection_.get(), statement.name.c_str(), static_cast<int>(texts.size()),
                                texts.data(), nullptr, nullptr, 0) == 0)
            throw Lost{Lost::When::kBefore, ErrorText()};
        steps.push_back({&statement, false});
    }

    /// Waits for something to read, and for room to write as long as not everything has been sent.
    void Wait(bool unsent) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - Clock::now());
        if (left.count() <= 0)
            throw Lost{Lost::When::kWaiting, "no answer in time"};
        pollfd socket{PQsocket(connection_.get()), static_cast<short>(unsent ? POLLIN | POLLOUT : POLLIN), 0};
        if (poll(&socket, 1, static_cast<int>(left.count())) < 0 && errno != EINTR)
            throw Lost{Lost::When::kAfter, "poll failed"};
    }

    /// The next result, null between two statements.
    Result Next() {
        for (;;) {
            const int unsent = PQflush(connection_.get());
            if (unsent < 0)
                throw Lost{Lost::When::kAfter, ErrorText()};
            if (PQisBusy(connection_.get()) == 0)
                return Result(PQgetResult(connection_.get()), PQclear);
            Wait(unsent > 0);
            // A broken connection is told by PQgetResult too, after what the server had still said.
            if (PQconsumeInput(connection_.get()) == 0 && PQstatus(connection_.get()) == CONNECTION_OK)
                throw Lost{Lost::When::kAfter, ErrorText()};
        }
    }

    void Sync() {
        if (PQpipelineSync(connection_.get()) == 0)
            throw Lost{Lost::When::kAfter, ErrorText()};
    }

    std::string ReportedToken() const {
        const char* token = PQparameterStatus(connection_.get(), kReportedToken);
        return token == nullptr ? "" : token;
    }

    /// Puts the consistency token into the answer: the one that was reported with the commit, or one that is
    /// asked for, where the server had none yet or something between does not pass it on. One that is the same as
    /// `earlier` may be old: behind a pooler the server does not repeat what it has told to another client. The change is
    /// committed by then: whatever goes wrong here costs the token, and perhaps the connection.
    void GetToken(const std::string& earlier, Outcome& outcome) {
        std::string reported = ReportedToken();
        if (!reported.empty() && reported != earlier) {
            outcome.answer->consistency = std::move(reported);
            return;
        }
        try {
            std::vector<Step> steps;
            Send(steps, kConsistency, {});
            Sync();
            const Outcome token = Read(steps, [](const PGresult* row) {
                Answer answer;
                answer.consistency = Column(row, "token");
                return answer;
            });
            if (token.answer)
                outcome.answer->consistency = token.answer->consistency;
            outcome.usable = token.usable && !token.error;
        } catch (const Lost&) {
            outcome.usable = false;
        }
    }

    /// Reads up to a Sync's end. `take` makes the answer of the last statement's row.
    template <class Take> Outcome Read(const std::vector<Step>& steps, Take take) {
        Outcome outcome;
        std::size_t done = 0;
        for (bool was_null = false;;) {
            const Result result = Next();
            if (!result) {
                if (std::exchange(was_null, true))
                    throw Lost{Lost::When::kAfter, "out of step with the server"};
                continue;
            }
            was_null = false;
            switch (PQresultStatus(result.get())) {
            case PGRES_PIPELINE_SYNC:
                return outcome;
            case PGRES_COMMAND_OK:
                if (done < steps.size())
                    prepared_.insert(steps[done++].statement->name);
                break;
            case PGRES_TUPLES_OK:
                if (done < steps.size() && steps[done].statement == &kCheckConsistency)
                    outcome.behind = *PQgetvalue(result.get(), 0, 0) == 'f';
                if (++done == steps.size())
                    outcome.answer = take(result.get());
                break;
            case PGRES_PIPELINE_ABORTED:
                ++done;
                break;
            default:
                if (!TakeError(result.get(), done == steps.size(), outcome))
                    return outcome;
                ++done;
            }
        }
    }

    /// Takes an error into the outcome; false: the connection is gone and the outcome is what it is. Throws
    /// Lost where the connection is gone and the transaction may be committed: commit comes after the last
    /// statement's result.
    bool TakeError(const PGresult* result, bool all_done, Outcome& outcome) {
        ErrorFields error = FieldsOf(result);
        const bool from_server = !error.sqlstate.empty();
        const bool last = !from_server || IsLast(result);
        if (last && !outcome.error && (all_done || !from_server))
            throw Lost{Lost::When::kAfter, ErrorText()};
        if (!outcome.error)
            outcome.error = std::move(error);
        outcome.answer.reset();
        outcome.usable = !last;
        return !last;
    }

    std::unique_ptr<PGconn, decltype(&PQfinish)> connection_;
    const std::chrono::seconds patience_;
    Clock::time_point deadline_;
    std::set<std::string, std::less<>> prepared_;
};

Database::Database(const Settings& settings, Availability& availability, const Log& log)
    : settings_(settings), availability_(availability), log_(log) {}

Database::~Database() = default;

Connection& Database::Connected() {
    if (connection_ && !connection_->IsQuiet())
        connection_.reset();
    if (connection_)
        return *connection_;
    if (!availability_.MayTry(Clock::now()))
        throw Refusal(OwnFailure("database_away", "waiting before the next attempt"));
    try {
        connection_ = std::make_unique<Connection>(settings_);
    } catch (const Lost& lost) {
        availability_.Failed(Clock::now());
        throw Refusal(OwnFailure("database_away", lost.why));
    }
    availability_.Connected();
    log_.Write(LogLevel::kDebug, "connected to the database");
    return *connection_;
}

Answer Database::AskOnce(const Exchange& exchange, bool& worth_again) {
    Connection& connection = Connected();
    worth_again = false;
    Connection::Outcome outcome;
    try {
        outcome = connection.Run(exchange);
    } catch (const Lost& lost) {
        connection_.reset();
        if (lost.when != Lost::When::kBefore && exchange.effect == Effect::kChange)
            throw Refusal(OwnFailure("in_doubt", lost.why));
        const bool late = lost.when == Lost::When::kWaiting;
        worth_again = !late;
        throw Refusal(OwnFailure(late ? "timed_out" : "database_away", lost.why));
    } catch (...) {
        connection_.reset();
        throw;
    }
    if (outcome.error) {
        const bool stale = IsStale(outcome.error->sqlstate);
        if (!outcome.usable || stale)
            connection_.reset();
        // An error that the server reported has undone the transaction, so that even a change may be asked
        // again.
        worth_again = stale || (!outcome.usable && exchange.effect == Effect::kRead);
        // What it did not find may be what is not there yet.
        throw Refusal(outcome.behind && !stale ? OwnFailure("behind") : FailureFrom(*outcome.error));
    }
    if (!outcome.usable)
        connection_.reset();
    if (outcome.behind && exchange.effect == Effect::kRead)
        throw Refusal(OwnFailure("behind"));
    if (!outcome.answer)
        throw Refusal(OwnFailure("internal_error", "the transaction ended without an answer"));
    return std::move(*outcome.answer);
}

Answer Database::Ask(const Exchange& exchange) {
    bool worth_again = false;
    try {
        return AskOnce(exchange, worth_again);
    } catch (const Refusal& refusal) {
        if (!worth_again)
            throw;
        log_.Write(LogLevel::kDebug, "asking again", {{"cause", refusal.failure().cause}});
    }
    return AskOnce(exchange, worth_again);
}

} // namespace curfew::front
