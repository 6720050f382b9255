// Scopes: what a caller may do, as words such as `sessions:terminate`. Pure C++.
#pragma once

#include <span>
#include <string_view>

namespace curfew::core {

using Scopes = std::span<const std::string_view>;

// Whether one granted scope covers a wanted one: equal, `*`, or a prefix that ends in `:*`.
bool ScopeCovers(std::string_view granted, std::string_view wanted) noexcept;

// What a caller holds: its principal's scopes, and, where the credential is limited, only those of them that the
// credential has too.
struct Grants {
    Scopes principal;
    Scopes credential;
    bool limited = false;

    // Whether a wanted scope is held. An empty one always is.
    bool Cover(std::string_view wanted) const noexcept;
};

// Whether any of the granted scopes covers the wanted one.
bool AnyScopeCovers(Scopes granted, std::string_view wanted) noexcept;

// Whether `text` can be a scope: 1 to 63 of letters, digits and ._:*- .
bool IsScope(std::string_view text) noexcept;

} // namespace curfew::core
