// handler.hpp: from a request to its response: the order of checks that is the same for every route, and the
// headers. It knows neither libfcgi nor libpq.
#pragma once

#include "contract.hpp"
#include "exchange.hpp"
#include "router.hpp"

#include <chrono>
#include <optional>
#include <string_view>
#include <vector>

namespace curfew::front {

struct Handled {
    Response response;
    std::string_view contract;
    std::string_view pattern; // of the route; empty where none fits
    std::optional<Failure> failure;
};

/// The routers of all contracts, made once and then only read.
class Site {
  public:
    Site();

    /// The router of the contract of that name, Curfew's own where there is none.
    const Router& Of(std::string_view contract) const;
    const std::vector<Router>& routers() const { return routers_; }

  private:
    std::vector<Router> routers_;
};

/// A request from the moment it is there until it is answered. Nothing is thrown: whatever goes wrong is a failure in the
/// contract's envelope.
class Handling {
  public:
    /// Does what can be done before anybody is asked. The arguments outlive it.
    Handling(const Site& site, const Settings& settings, const Request& request,
             std::chrono::system_clock::time_point now);
    Handling(const Handling&) = delete;
    Handling& operator=(const Handling&) = delete;

    /// What the database is to be asked; null where nothing is, and Finish comes next.
    const Exchange* exchange() const { return exchange_ ? &*exchange_ : nullptr; }

    /// Takes what the database answered, or why it did not.
    void Take(Answer answer);
    void Take(Failure failure);

    /// The response. Once, and after what was to be asked was taken.
    Handled Finish();

  private:
    void Begin();

    const Settings& settings_;
    const Request& request_;
    const Router& router_;
    const Contract& contract_;
    const Target target_;
    const Match match_;
    Situation situation_;
    std::optional<Exchange> exchange_;
    Handled handled_;
};

} // namespace curfew::front
