// failure.hpp: everything that can go wrong with a request, as one typed value. Contracts turn it into their
// envelopes.
#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <utility>

namespace curfew::front {

struct Failure {
    int status = 500;
    std::string reason;   // a reason word: the extension's, or one of the front's own
    std::string argument; // the argument or field that is to blame, if one is
    std::string message;  // safe to show
    std::string detail;   // safe to show; may be empty
    std::string hint;     // safe to show; may be empty
    std::string cause;    // for the log alone

    bool operator==(const Failure&) const = default;
};

/// A failure on its way to the one place that answers it.
class Refusal : public std::exception {
  public:
    explicit Refusal(Failure failure) : failure_(std::move(failure)) {}
    const Failure& failure() const { return failure_; }
    const char* what() const noexcept override { return failure_.reason.c_str(); }

  private:
    Failure failure_;
};

/// What PostgreSQL says of an error.
struct ErrorFields {
    std::string sqlstate;
    std::string message;
    std::string detail;
    std::string hint;
    std::string constraint;
    std::string column;
    bool is_of_caller_before = false; // in the transaction: his deferred triggers raised it
};

/// A failure of the front's own. `reason` is one of the words in failure.cpp; another one is an internal
/// error.
Failure OwnFailure(std::string_view reason, std::string cause = {});

/// The failure that an error of PostgreSQL stands for: class SL carries its status, reason and texts; of any
/// other class only the status and reason of the table are shown, and the error's own text goes to the log.
Failure FailureFrom(const ErrorFields& error);

} // namespace curfew::front
