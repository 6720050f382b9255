// database.hpp: the database as one worker sees it: one connection, one exchange at a time. The .cpp is the
// only file with libpq.
#pragma once

#include "availability.hpp"
#include "exchange.hpp"
#include "log.hpp"
#include "settings.hpp"

#include <memory>

namespace curfew::front {

class Connection;

class Database {
  public:
    Database(const Settings& settings, Availability& availability, const Log& log);
    ~Database();
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    /// Runs the exchange in one transaction, connecting where there is no connection. A read that the
    /// connection was lost under is asked once more. Throws Refusal: what the database refused,
    /// `database_away` or `timed_out` (nothing was changed), `in_doubt` (a change was sent and its outcome
    /// never came).
    Answer Ask(const Exchange& exchange);

  private:
    Connection& Connected();
    Answer AskOnce(const Exchange& exchange, bool& worth_again);

    const Settings& settings_;
    Availability& availability_;
    const Log& log_;
    std::unique_ptr<Connection> connection_; // null: none, or lost
};

} // namespace curfew::front
