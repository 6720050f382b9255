#include "extending.hpp"

#include "errors.hpp"
#include "rfc3339.hpp"

namespace curfew {
namespace {

// An interval that long is beyond every timer's limit, and need not be added to anything.
constexpr int32 kManyMonths = 200, kManyDays = 6000;

core::Instant later_by(core::Instant due, Datum interval) {
    const Interval& by = *DatumGetIntervalP(interval);
    bool long_time = by.month > kManyMonths || by.day > kManyDays || by.time > core::kLongest;
    bool long_ago = by.month < -kManyMonths || by.day < -kManyDays || by.time < -core::kLongest;
    if (long_time || long_ago)
        return long_time && !long_ago ? core::kNever : core::kUnset + 1;
    return InstantOf({DirectFunctionCall2(timestamptz_pl_interval, TimestampDatum(due), interval), false});
}

const char* in_words(core::Instant at) { return TextDatumGetCString(rfc3339_datum(at, 6)); }

} // namespace

void ask_extension(const ActionRequest& request, const core::Lifecycle& lifecycle, const core::SessionFacts& facts,
                   core::Instant now, core::Attempt* attempt) {
    attempt->extends = request.extends;
    if (!request.by.null && !request.until.null)
        attempt->bad_input = core::Refusal::value_out_of_range;
    else if (!request.until.null)
        attempt->until = InstantOf(request.until);
    bool extends = attempt->action != core::kNone && lifecycle.actions[attempt->action].effect == core::Effect::extend;
    if (request.by.null || !extends)
        return;
    core::Extension extension = core::ExtensionOf(lifecycle, lifecycle.actions[attempt->action], facts, now);
    if (extension.timer != core::kNone)
        attempt->until = later_by(extension.due, request.by.datum);
}

SettingChange setting_of(const core::Lifecycle& lifecycle, const core::Decision& decision) {
    int timer = decision.extension.timer;
    return {lifecycle.timers[timer].parameter.View(), decision.after.settings[timer] / core::kSecond};
}

Value extension_details(const SettingChange& setting, core::Instant from, core::Instant to) {
    // A setting's name has no character that JSON would escape.
    const char* json = psprintf("{\"deadline\":{\"from\":\"%s\",\"to\":\"%s\"},\"timers\":{\"%s\":" INT64_FORMAT "}}",
                                in_words(from), in_words(to), pnstrdup(setting.setting.data(), setting.setting.size()),
                                setting.seconds);
    return {DirectFunctionCall1(jsonb_in, CStringGetDatum(json)), false};
}

void raise_extension(const core::Decision& decision, const core::Lifecycle& lifecycle, const ActionRequest& request) {
    const char* argument = !request.until.null ? "until" : !request.by.null ? "by" : nullptr;
    if (decision.refusal == core::Refusal::unknown_value)
        raise_refusal(decision.refusal, "session_id",
                      psprintf("The action \"%s\" of its lifecycle extends nothing.", excerpt(request.action)));
    const core::Extension& extension = decision.extension;
    if (extension.timer == core::kNone)
        raise_refusal(decision.refusal, argument, "How much longer or until when can be given, not both.");
    raise_refusal(decision.refusal, argument,
                  psprintf("\"%s\" runs until %s and can be extended to %s.",
                           lifecycle.timers[extension.timer].parameter.View().data(), in_words(extension.due),
                           in_words(extension.limit)));
}

} // namespace curfew
