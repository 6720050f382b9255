// exchange.hpp: what is asked of the database for one request, and what comes back. No library comes in here.
#pragma once

#include "contract.hpp"

#include <optional>
#include <string>
#include <vector>

namespace curfew::front {

/// Whom the extension is told about.
struct Caller {
    Value credential;
    Value tenant;
    std::string via; // "http:luxxon"
    std::string request_id;
};

/// One transaction: authenticate, check the body where the statement does not read it, the statement.
struct Exchange {
    std::optional<Caller> caller; // nothing: the statement is asked as nobody
    Value unread_body;
    const Statement* statement = nullptr;
    std::vector<Value> values; // of $1, $2 …
    Effect effect = Effect::kRead;
};

/// The statement's one row.
struct Answer {
    std::string body; // finished JSON
    std::optional<int> status;
    Value etag;
    Value location;
    Value refused = std::nullopt; // the reason word of a failure that is an answer: what was done stays done
};

} // namespace curfew::front
