// What the context of an error says that the deferred triggers of one caller raised, while the next one in their transaction was let
// in: it is not that one's. The extension writes it, and the front looks for it.
#pragma once

namespace curfew::core {

inline constexpr const char* kTriggersOfCallerBefore = "deferred triggers of the caller before in this transaction";

} // namespace curfew::core
