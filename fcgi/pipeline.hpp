// pipeline.hpp: a libpq connection in pipeline mode, and what is prepared on it.
#pragma once

#include "settings.hpp"
#include "statement.hpp"

#include <cstddef>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

struct pg_conn;
struct pg_result;

namespace curfew::front {

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

class Pipeline {
  public:
    struct Clear {
        void operator()(pg_result* result) const;
    };
    using Result = std::unique_ptr<pg_result, Clear>;

    /// Connects, and waits for it. Throws Lost.
    explicit Pipeline(const Settings& settings);

    int descriptor() const;

    bool HasPrepared(const Statement& statement) const { return prepared_.contains(statement.name); }
    void NotePrepared(const Statement& statement) { prepared_.insert(statement.name); }

    /// Prepares a statement, unless that is noted, and has it executed. So many results will come. Throws Lost.
    std::size_t Send(const Statement& statement, const std::vector<Value>& values);

    /// The end of a transaction. All that was sent goes out now, or Flush has the rest. Throws Lost.
    void Sync();
    void Flush();
    bool is_unsent() const { return unsent_; }

    /// Reads what has come, without waiting. Throws Lost.
    void TakeIn();

    /// The next result of those that have come; none when the rest is not there yet. Throws Lost.
    Result Next();

    /// The value that the server last reported of a setting; empty when it never did.
    std::string Reported(const char* setting) const;

    /// What libpq says of its last failure.
    std::string ErrorText() const;

  private:
    void SetUp(const Settings& settings);

    struct Finish {
        void operator()(pg_conn* connection) const;
    };
    const std::unique_ptr<pg_conn, Finish> connection_;
    std::set<std::string, std::less<>> prepared_;
    bool was_null_ = false;
    bool unsent_ = false;
};

} // namespace curfew::front
