// handler.hpp: from a request to its response: the order of checks that is the same for every route, and the
// headers. It knows neither libfcgi nor libpq.
#pragma once

#include "contract.hpp"
#include "exchange.hpp"
#include "router.hpp"

#include <functional>
#include <optional>
#include <string_view>
#include <vector>

namespace curfew::front {

using Ask = std::function<Answer(const Exchange&)>;

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

/// Answers a request. Never throws: whatever goes wrong is a failure in the contract's envelope.
Handled Handle(const Site& site, const Settings& settings, const Request& request, const Ask& ask,
               std::chrono::system_clock::time_point now);

} // namespace curfew::front
