#include "results.hpp"

#include "core/caller_before.hpp"

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

} // namespace

ErrorFields FieldsOf(const PGresult* result) {
    return {.sqlstate = Field(result, PG_DIAG_SQLSTATE),
            .message = Field(result, PG_DIAG_MESSAGE_PRIMARY),
            .detail = Field(result, PG_DIAG_MESSAGE_DETAIL),
            .hint = Field(result, PG_DIAG_MESSAGE_HINT),
            .constraint = Field(result, PG_DIAG_CONSTRAINT_NAME),
            .column = Field(result, PG_DIAG_COLUMN_NAME),
            .is_of_caller_before = Field(result, PG_DIAG_CONTEXT).find(core::kTriggersOfCallerBefore) != std::string::npos};
}

bool IsLast(const PGresult* result) {
    const std::string severity = Field(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    return severity == "FATAL" || severity == "PANIC";
}

std::optional<Answer> AnswerOf(const PGresult* row) {
    if (PQntuples(row) != 1)
        return std::nullopt;
    Answer answer;
    bool answers = false;
    for (int column = 0; column < PQnfields(row); ++column) {
        if (PQgetisnull(row, 0, column) != 0)
            continue;
        const std::string_view name = PQfname(row, column);
        std::string value(PQgetvalue(row, 0, column), static_cast<std::size_t>(PQgetlength(row, 0, column)));
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

} // namespace curfew::front
