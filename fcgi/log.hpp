// log.hpp: one JSON object per line on standard error. Never a credential, a body, a query string or a
// header's value.
#pragma once

#include "settings.hpp"

#include <nlohmann/json.hpp>

#include <string_view>

namespace curfew::front {

class Log {
  public:
    explicit Log(LogLevel level, int descriptor = 2) : level_(level), descriptor_(descriptor) {}

    /// Writes `fields` after the time, the level and the message, in one write, so that lines of threads do
    /// not mix.
    void Write(LogLevel level, std::string_view message,
               const nlohmann::ordered_json& fields = nlohmann::ordered_json::object()) const;

  private:
    LogLevel level_;
    int descriptor_;
};

} // namespace curfew::front
