// Sessions and decisions about them, in the few words that the tests need.
#pragma once

#include "definitions.hpp"
#include "people.hpp"

#include <string_view>

namespace curfew::test {

inline constexpr core::Instant kSecond = core::kSecond, kMinute = 60 * kSecond, kHour = 60 * kMinute;
inline constexpr core::Instant kBegan = 1'000 * kHour; // when the tests' sessions were created
inline constexpr std::int64_t kVersion = 7;

// A session that was just created in the lifecycle's first state, as create_session makes it.
core::SessionFacts NewSession(const core::Lifecycle& lifecycle);

// A session that entered `state` when it was created; an ended one if the state is terminal. No deadline.
core::SessionFacts SessionIn(const core::Lifecycle& lifecycle, std::string_view state);

core::Attempt Try(const core::Lifecycle& lifecycle, std::string_view action);

// Decides for somebody with one relation and every scope.
core::Decision DecideAs(core::Relation relation, const core::Lifecycle& lifecycle,
                        const core::SessionFacts& session, std::string_view action, core::Instant now);

// The session after the owner's action, which must apply. Throws where it does not.
core::SessionFacts After(const core::Lifecycle& lifecycle, const core::SessionFacts& session,
                         std::string_view action, core::Instant now,
                         core::Relation relation = core::Relation::owner);

// A grant of every scope.
core::Grants Everything();

// "apply", "replay" or the refusal's word.
std::string_view AnswerOf(const core::Decision& decision);
std::string_view WordOf(core::Refusal refusal);

// The state that the session is in at `now`, by name.
std::string_view StateAt(const core::Lifecycle& lifecycle, const core::SessionFacts& session,
                         core::Instant now);

} // namespace curfew::test
