// question.hpp: an exchange that is asked of the database, and who is told what comes of it.
#pragma once

#include "exchange.hpp"
#include "failure.hpp"
#include "verdict.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <variant>

namespace curfew::front {

/// What the database answered, or why there is no answer.
using Reply = std::variant<Answer, Failure>;

/// Exchanges that are asked one after the other. It stays where it is until it is answered or withdrawn.
struct Question {
    const Exchange* exchange = nullptr;
    std::function<void(Reply)> answered;

    // The pool's and the queue's own.
    std::chrono::steady_clock::time_point since{};
    bool asked_before = false; // once is as often as it is asked again where a connection was lost
    Company company = Company::kAny;
    bool is_of_share = false;         // of its caller, in the connections
    std::shared_ptr<Verdict> verdict; // that its answer is wanted for
};

} // namespace curfew::front
