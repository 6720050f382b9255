// text.hpp: bytes from outside made into text that PostgreSQL takes, and small things about characters.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace curfew::front {

/// U+FFFD. As a body it is text, and never JSON.
inline constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

/// Whether bytes are valid UTF-8 without NUL, which is what a `text` value can hold.
bool IsText(std::string_view bytes);

/// Bytes as text: each byte that is not part of a valid character, and each NUL, becomes U+FFFD.
std::string AsText(std::string_view bytes);

/// Percent-decoded bytes. An escape that is none (`%zz`) stays as written; `plus_is_space` as in a query.
std::string PercentDecode(std::string_view encoded, bool plus_is_space = false);

/// Whether it can stand in a name of SQL or of one of a statement's placeholders.
bool IsNameCharacter(char c);

std::string Lower(std::string_view text);
bool EqualsIgnoringCase(std::string_view a, std::string_view b);
std::string_view Trim(std::string_view text);

/// RFC 3339 in UTC with exactly three decimals, truncated: 2026-05-13T12:00:00.000Z.
std::string Timestamp(std::chrono::system_clock::time_point at);

} // namespace curfew::front
