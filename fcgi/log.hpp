// log.hpp: one JSON object per line on standard error. Never a credential, a body, a query string or a
// header's value.
#pragma once

#include "settings.hpp"

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace curfew::front {

class Log {
  public:
    struct Field {
        std::string_view name;
        std::variant<std::string_view, std::int64_t, double> value;
    };

    explicit Log(LogLevel level, int descriptor = 2) : level_(level), descriptor_(descriptor) {}
    ~Log() { Flush(); }
    Log(const Log&) = delete;
    Log& operator=(const Log&) = delete;

    /// Adds a line with `fields` after the time, the level and the message. By any thread. It is written by the next Flush, or
    /// when there are many.
    void Write(LogLevel level, std::string_view message, const std::vector<Field>& fields = {}) const;

    /// Writes what was added, in one write. By any thread.
    void Flush() const;

  private:
    void FlushLocked() const;

    const LogLevel level_;
    const int descriptor_;
    mutable std::mutex guard_;
    mutable std::string lines_;
};

} // namespace curfew::front
