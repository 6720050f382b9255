#include "http.hpp"

#include <utility>

namespace curfew::front {
namespace {

constexpr std::pair<int, std::string_view> kPhrases[] = {
    {200, "OK"},
    {201, "Created"},
    {204, "No Content"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {409, "Conflict"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {415, "Unsupported Media Type"},
    {422, "Unprocessable Content"},
    {426, "Upgrade Required"},
    {429, "Too Many Requests"},
    {500, "Internal Server Error"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
};

} // namespace

std::string_view Phrase(int status) {
    for (const auto& [known, phrase] : kPhrases)
        if (known == status)
            return phrase;
    return "Error";
}

} // namespace curfew::front
