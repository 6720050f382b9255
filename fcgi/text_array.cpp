#include "text_array.hpp"

#include "oids.hpp"

#include <arpa/inet.h>

#include <cstdint>

namespace curfew::front {
namespace {

constexpr std::uint32_t kLengthOfNull = 0xffffffff;

void Append(std::string& bytes, std::uint32_t number) {
    const std::uint32_t in_order = htonl(number);
    bytes.append(reinterpret_cast<const char*>(&in_order), sizeof in_order);
}

} // namespace

std::string TextArray(const std::vector<Row>& rows, std::size_t place) {
    std::string bytes;
    Append(bytes, 1); // dimensions
    Append(bytes, 1); // whether there may be nulls
    Append(bytes, kTextOid);
    Append(bytes, static_cast<std::uint32_t>(rows.size()));
    Append(bytes, 1); // the first one's number
    for (const Row& row : rows) {
        const std::string* const value = row[place];
        Append(bytes, value != nullptr ? static_cast<std::uint32_t>(value->size()) : kLengthOfNull);
        if (value != nullptr)
            bytes += *value;
    }
    return bytes;
}

} // namespace curfew::front
