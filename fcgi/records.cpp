#include "records.hpp"

#include <fastcgi.h>

#include <cstring>

namespace curfew::front {

bool IsWholeRequest(std::string_view records) {
    FCGI_Header first{};
    int expected = FCGI_BEGIN_REQUEST;
    while (records.size() >= sizeof first) {
        FCGI_Header header;
        std::memcpy(&header, records.data(), sizeof header);
        if (expected == FCGI_BEGIN_REQUEST)
            first = header;
        const std::size_t length = static_cast<std::size_t>(header.contentLengthB1 << 8 | header.contentLengthB0);
        const std::size_t whole = sizeof header + length + header.paddingLength;
        if (header.version != FCGI_VERSION_1 || header.type != expected || header.requestIdB0 != first.requestIdB0 ||
            header.requestIdB1 != first.requestIdB1 || whole > records.size())
            return false;
        if (expected == FCGI_STDIN && length == 0)
            return true;
        if (expected == FCGI_BEGIN_REQUEST)
            expected = FCGI_PARAMS;
        else if (length == 0)
            expected = FCGI_STDIN;
        records.remove_prefix(whole);
    }
    return false;
}

} // namespace curfew::front
