#include "records.hpp"

#include <fastcgi.h>

#include <cstring>

namespace curfew::front {

bool IsWholeRequest(std::string_view records) {
    FCGI_Header header;
    int expected = FCGI_BEGIN_REQUEST;
    int first = 0;
    while (records.size() >= sizeof header) {
        std::memcpy(&header, records.data(), sizeof header);
        const std::size_t length = static_cast<std::size_t>(header.contentLengthB1 << 8 | header.contentLengthB0);
        const std::size_t whole = sizeof header + length + header.paddingLength;
        const int id = header.requestIdB1 << 8 | header.requestIdB0;
        const bool begins = expected == FCGI_BEGIN_REQUEST;
        if (begins)
            first = id;
        if (header.version != FCGI_VERSION_1 || header.type != expected || id == 0 || id != first ||
            whole > records.size())
            return false;
        if (begins && length != sizeof(FCGI_BeginRequestBody))
            return false;
        // libfcgi takes padding there for the next record.
        if ((begins || length == 0) && header.paddingLength != 0)
            return false;
        if (expected == FCGI_STDIN && length == 0)
            return true;
        if (begins)
            expected = FCGI_PARAMS;
        else if (length == 0)
            expected = FCGI_STDIN;
        records.remove_prefix(whole);
    }
    return false;
}

} // namespace curfew::front
