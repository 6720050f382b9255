#include "log.hpp"

#include "contract.hpp"
#include "text.hpp"

#include <unistd.h>

namespace curfew::front {
namespace {

std::string_view NameOf(LogLevel level) {
    switch (level) {
    case LogLevel::kError:
        return "error";
    case LogLevel::kInfo:
        return "info";
    case LogLevel::kDebug:
        return "debug";
    }
    return "error";
}

} // namespace

void Log::Write(LogLevel level, std::string_view message, const nlohmann::ordered_json& fields) const {
    if (level > level_)
        return;
    Json line = {
        {"ts", Timestamp(std::chrono::system_clock::now())}, {"level", NameOf(level)}, {"message", message}};
    line.update(fields);
    const std::string text = Dump(line) + "\n";
    // Nothing can be done about a log that cannot be written.
    [[maybe_unused]] const auto written = write(descriptor_, text.data(), text.size());
}

} // namespace curfew::front
