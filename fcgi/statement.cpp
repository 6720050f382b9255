#include "statement.hpp"

#include "text.hpp"

#include <algorithm>
#include <stdexcept>

namespace curfew::front {
namespace {

bool IsSpace(char c) { return c == ' ' || c == '\n'; }

Source SourceNamed(std::string_view name, const std::vector<std::string>& path_parameters) {
    constexpr std::string_view kQueryPrefix = "query_";
    constexpr std::string_view kQueriesPrefix = "queries_";
    constexpr std::string_view kHeaderPrefix = "header_";
    if (std::find(path_parameters.begin(), path_parameters.end(), name) != path_parameters.end())
        return {Source::Kind::kPath, std::string(name)};
    if (name == "body")
        return {Source::Kind::kBody, ""};
    if (name == "base_url")
        return {Source::Kind::kBaseUrl, ""};
    if (name == "client_address")
        return {Source::Kind::kClientAddress, ""};
    if (name == "via")
        return {Source::Kind::kVia, ""};
    if (name == "request_id")
        return {Source::Kind::kRequestId, ""};
    if (name.starts_with(kQueryPrefix))
        return {Source::Kind::kQuery, std::string(name.substr(kQueryPrefix.size()))};
    if (name.starts_with(kQueriesPrefix))
        return {Source::Kind::kQueries, std::string(name.substr(kQueriesPrefix.size()))};
    if (name.starts_with(kHeaderPrefix))
        return {Source::Kind::kHeader, std::string(name.substr(kHeaderPrefix.size()))};
    throw std::logic_error("a statement has an unknown placeholder: $" + std::string(name));
}

} // namespace

bool Statement::Takes(const Source& source) const {
    return std::find(sources.begin(), sources.end(), source) != sources.end();
}

Statement Compile(std::string name, std::string_view sql, const std::vector<std::string>& path_parameters) {
    Statement statement{std::move(name), {}, {}};
    char quote = 0;
    for (std::size_t i = 0; i < sql.size();) {
        const char c = sql[i];
        if (quote != 0 || c != '$') {
            if (quote == 0 && (c == '\'' || c == '"')) {
                quote = c;
            } else if (c == quote) {
                quote = 0;
            }
            if (quote == 0 && IsSpace(c)) {
                if (!statement.sql.ends_with(' '))
                    statement.sql += ' ';
            } else {
                statement.sql += c;
            }
            ++i;
            continue;
        }
        std::size_t end = i + 1;
        while (end < sql.size() && IsNameCharacter(sql[end]))
            ++end;
        const Source source = SourceNamed(sql.substr(i + 1, end - i - 1), path_parameters);
        auto found = std::find(statement.sources.begin(), statement.sources.end(), source);
        if (found == statement.sources.end())
            found = statement.sources.insert(found, source);
        statement.sql += "$" + std::to_string(found - statement.sources.begin() + 1);
        i = end;
    }
    if (quote != 0)
        throw std::logic_error("a statement has an open quote: " + statement.sql);
    return statement;
}

} // namespace curfew::front
