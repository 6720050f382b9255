#include "log.hpp"

#include "contract.hpp"
#include "text.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>

namespace curfew::front {
namespace {

// That much is not kept back.
constexpr std::size_t kMostKept = 64 * 1024;
// What most lines have.
constexpr std::size_t kRoomForLine = 512;

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

/// Whether the text is a JSON string's as it is.
bool IsPlain(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; });
}

void Append(std::string& line, std::string_view text) {
    if (IsPlain(text))
        line.append(1, '"').append(text).append(1, '"');
    else
        line += Dump(Json(text));
}

void Append(std::string& line, std::int64_t number) { line += std::to_string(number); }

void Append(std::string& line, double number) {
    char digits[32];
    line.append(digits, std::to_chars(std::begin(digits), std::end(digits), number).ptr);
}

} // namespace

void Log::Write(LogLevel level, std::string_view message, const std::vector<Field>& fields) const {
    if (level > level_)
        return;
    std::string line;
    line.reserve(kRoomForLine);
    line.append(R"({"ts":")").append(Timestamp(std::chrono::system_clock::now())).append(R"(","level":")");
    line.append(NameOf(level)).append(R"(","message":)");
    Append(line, message);
    for (const auto& [name, value] : fields) {
        line += ',';
        Append(line, name);
        line += ':';
        std::visit([&](const auto& held) { Append(line, held); }, value);
    }
    line += "}\n";
    const std::lock_guard lock(guard_);
    lines_ += line;
    if (lines_.size() >= kMostKept)
        FlushLocked();
}

void Log::Flush() const {
    const std::lock_guard lock(guard_);
    FlushLocked();
}

void Log::FlushLocked() const {
    if (lines_.empty())
        return;
    for (std::size_t done = 0; done < lines_.size();) {
        const ssize_t written = write(descriptor_, lines_.data() + done, lines_.size() - done);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            break; // nothing can be done about a log that cannot be written
        done += static_cast<std::size_t>(written);
    }
    lines_.clear();
}

} // namespace curfew::front
