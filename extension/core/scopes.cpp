#include "core/scopes.hpp"

#include "core/name.hpp"
#include "core/slice.hpp"

namespace curfew::core {

bool ScopeCovers(std::string_view granted, std::string_view wanted) noexcept {
    if (granted == "*" || granted == wanted)
        return true;
    if (!granted.ends_with(":*"))
        return false;
    return wanted.starts_with(First(granted, granted.size() - 1));
}

bool AnyScopeCovers(Scopes granted, std::string_view wanted) noexcept {
    for (std::string_view scope : granted)
        if (ScopeCovers(scope, wanted))
            return true;
    return false;
}

bool Grants::Cover(std::string_view wanted) const noexcept {
    if (wanted.empty())
        return true;
    return AnyScopeCovers(principal, wanted) && (!limited || AnyScopeCovers(credential, wanted));
}

bool IsScope(std::string_view text) noexcept {
    if (text.empty() || text.size() > Name::kCapacity)
        return false;
    for (char c : text) {
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && c != '.' && c != '_' && c != ':' && c != '*' && c != '-')
            return false;
    }
    return true;
}

} // namespace curfew::core
