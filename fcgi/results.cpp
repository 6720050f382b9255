#include "results.hpp"

#include "core/request_context.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

namespace curfew::front {
namespace {

std::string Field(const PGresult* result, int code) {
    const char* value = PQresultErrorField(result, code);
    return value == nullptr ? std::string() : std::string(value);
}

// What the columns of a statement's one row are, besides its body and status.
constexpr std::pair<std::string_view, Value Answer::*> kColumns[] = {
    {"content_type", &Answer::content_type}, {"etag", &Answer::etag},   {"location", &Answer::location},
    {"link", &Answer::link},                 {"refused", &Answer::refused}, {"body_after_token", &Answer::rest},
    {"token", &Answer::consistency},
};

// The column that has the place of a row's request.
constexpr std::string_view kPlace = "place";

/// The answer that one of the rows is.
std::optional<Answer> AnswerAt(const PGresult* rows, int row) {
    Answer answer;
    bool answers = false;
    for (int column = 0; column < PQnfields(rows); ++column) {
        if (PQgetisnull(rows, row, column) != 0)
            continue;
        const std::string_view name = PQfname(rows, column);
        std::string value(PQgetvalue(rows, row, column), static_cast<std::size_t>(PQgetlength(rows, row, column)));
        answers = answers || name == "body" || name == "refused" || name == "token";
        if (name == "body")
            answer.body = std::move(value);
        else if (name == "status")
            answer.status = std::stoi(value);
        else if (const auto* const known = std::find_if(std::begin(kColumns), std::end(kColumns),
                                                        [&](const auto& entry) { return entry.first == name; });
                 known != std::end(kColumns))
            answer.*known->second = std::move(value);
    }
    return answers ? std::optional(std::move(answer)) : std::nullopt;
}

} // namespace

ErrorFields FieldsOf(const PGresult* result) {
    return {.sqlstate = Field(result, PG_DIAG_SQLSTATE),
            .message = Field(result, PG_DIAG_MESSAGE_PRIMARY),
            .detail = Field(result, PG_DIAG_MESSAGE_DETAIL),
            .hint = Field(result, PG_DIAG_MESSAGE_HINT),
            .constraint = Field(result, PG_DIAG_CONSTRAINT_NAME),
            .column = Field(result, PG_DIAG_COLUMN_NAME),
            .context = Field(result, PG_DIAG_CONTEXT)};
}

bool IsLast(const PGresult* result) {
    const std::string severity = Field(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    return severity == "FATAL" || severity == "PANIC";
}

std::string_view RequestIn(std::string_view context) {
    if (!context.starts_with(core::kRequestContext))
        return {};
    context.remove_prefix(core::kRequestContext.size());
    return context.substr(0, context.find('\n'));
}

std::optional<Answer> AnswerOf(const PGresult* row) { return PQntuples(row) == 1 ? AnswerAt(row, 0) : std::nullopt; }

std::vector<std::optional<Answer>> AnswersOf(const PGresult* rows, std::size_t count) {
    std::vector<std::optional<Answer>> answers(count);
    std::vector<int> seen(count);
    const int column = PQfnumber(rows, kPlace.data());
    for (int row = 0; column >= 0 && row < PQntuples(rows); ++row) {
        const std::size_t place = std::stoul(PQgetvalue(rows, row, column));
        if (place < 1 || place > count)
            continue;
        answers[place - 1] = ++seen[place - 1] == 1 ? AnswerAt(rows, row) : std::nullopt;
    }
    return answers;
}

} // namespace curfew::front
