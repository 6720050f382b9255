// Actions that give a session a longer time: what is asked for, what is written, what is said of a refusal.
#pragma once

#include "engine.hpp"
#include "store_write.hpp"

namespace curfew {

// Puts what the request says of an extension into the attempt.
void ask_extension(const ActionRequest& request, const core::Lifecycle& lifecycle, const core::SessionFacts& facts,
                   core::Instant now, core::Attempt* attempt);

// The setting that an applied extension writes.
SettingChange setting_of(const core::Lifecycle& lifecycle, const core::Decision& decision);

// {"deadline": {"from": …, "to": …}, "timers": {"ttl": 7200}}
Value extension_details(const SettingChange& setting, core::Instant from, core::Instant to);

// SL422, with the limit.
[[noreturn]] void raise_extension(const core::Decision& decision, const core::Lifecycle& lifecycle,
                                  const ActionRequest& request);

} // namespace curfew
