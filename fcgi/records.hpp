// records.hpp: the records of a FastCGI connection, as far as it has to be known where a request ends.
#pragma once

#include <string_view>

namespace curfew::front {

/// Whether records begin with a whole request: its beginning, its parameters and its body, each of the latter two with the empty
/// record that ends it, all of one request, so that libfcgi reads no further than it. What is no request at all is not whole.
bool IsWholeRequest(std::string_view records);

} // namespace curfew::front
