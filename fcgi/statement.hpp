// statement.hpp: a route's SQL with named placeholders, made into a numbered statement and the list of what
// to bind. Nothing from a request is ever put into the text.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace curfew::front {

using Value = std::optional<std::string>;

/// Where a parameter's value comes from.
struct Source {
    enum class Kind { kPath, kQuery, kQueries, kHeader, kBody, kBaseUrl, kClientAddress, kVia, kRequestId };
    Kind kind;
    std::string name; // of the path parameter, the query's key or the header

    bool operator==(const Source&) const = default;
};

struct Statement {
    std::string name; // under which a connection prepares it
    std::string sql;
    std::vector<Source> sources; // of $1, $2 …

    bool Takes(const Source& source) const;
};

/// What stands in a route's SQL for the condition that the caller is proven (see proof.hpp).
inline constexpr std::string_view kCallerIsProven = "$caller";

/// Rewrites `$name` placeholders of `sql` into $1, $2 …, the same name into the same number. Names: `$body`,
/// `$base_url`, `$client_address`, `$via`, `$request_id`, `$query_NAME`, `$queries_NAME` (every value of the key, as the
/// text of a text[]), `$header_NAME` (lower case, "-" as "_"), and those in `path_parameters`. Of spaces and line ends
/// that follow each other one space is left: the server's log repeats the text. Text in quotes is left alone. Throws
/// std::logic_error for any other name.
Statement Compile(std::string name, std::string_view sql, const std::vector<std::string>& path_parameters);

} // namespace curfew::front
