// router.hpp: from method and path to the route of a contract. Pure.
#pragma once

#include "contract.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace curfew::front {

/// A request's target, taken apart.
struct Target {
    std::string path;                                       // as written
    std::vector<std::pair<std::string, std::string>> query; // decoded, in the order written
};

Target SplitTarget(std::string_view target);

/// The value of a query's key, or nothing if it is absent or empty. Of several, the first.
Value QueryValue(const Target& target, std::string_view key);

/// Every value of a query's key that is not empty, as the text of a PostgreSQL array; nothing if there is none.
Value QueryValues(const Target& target, std::string_view key);

/// A route made ready to be matched and asked.
struct Endpoint {
    const Route* route;
    std::vector<std::string> segments; // of the pattern
    Statement statement;               // empty for a route that asks nothing
    Statement proving;                 // of a lookup or an act: the same with the authentication in it
};

struct Match {
    const Endpoint* endpoint = nullptr;
    Values path;
    std::vector<std::string> allowed; // methods that this path takes; empty: an unknown path
};

class Router {
  public:
    /// Throws std::logic_error for a route whose statement cannot be compiled, or that may have company and proves no caller.
    explicit Router(const Contract& contract);

    /// The first route that takes method and path. HEAD is taken by every route that takes GET. Segments are
    /// percent-decoded before they are compared, one by one; no segment may be empty.
    Match Find(std::string_view method, std::string_view path) const;

    const Contract& contract() const { return contract_; }
    const std::vector<Endpoint>& endpoints() const { return endpoints_; }

  private:
    const Contract& contract_;
    std::vector<Endpoint> endpoints_;
};

/// The routes of a router, one per line: contract, method and pattern, with tabs between them.
std::string RouteList(const Router& router);

} // namespace curfew::front
