// SQL-callable: lifecycles, defined and shown.
#include "administration.hpp"
#include "function.hpp"

#include "core/check.hpp"
#include "core/definition_reader.hpp"
#include "errors.hpp"
#include "json.hpp"
#include "lifecycle_cache.hpp"

#include <new>

using namespace curfew;

namespace {

core::Lifecycle* new_lifecycle() { return new (palloc(sizeof(core::Lifecycle))) core::Lifecycle; }

// "owner, agent, scope sessions:terminate": who may take an action.
const char* who_may(const core::Action& action) {
    StringInfoData text;
    initStringInfo(&text);
    for (int i = 0; i < core::kRelations; ++i) {
        core::Relation relation = static_cast<core::Relation>(i);
        if (!(action.by & core::Bit(relation)))
            continue;
        appendStringInfo(&text, "%s%s", text.len > 0 ? ", " : "", core::WordOf(relation).data());
        if (relation == core::Relation::scope)
            appendStringInfo(&text, " %s", action.by_scope.View().data());
    }
    return text.data;
}

// The state after the action, the mark set ("+ archived") or cleared ("- archived"), the setting extended ("> ttl"), or
// "~ edit".
const char* effect_of(const core::Lifecycle& lifecycle, const core::Action& action) {
    switch (action.effect) {
    case core::Effect::enter:
        return lifecycle.states[action.target].name.View().data();
    case core::Effect::set_mark:
        return psprintf("+ %s", lifecycle.marks[action.target].View().data());
    case core::Effect::clear_mark:
        return psprintf("- %s", lifecycle.marks[action.target].View().data());
    case core::Effect::extend:
        return psprintf("> %s", lifecycle.timers[action.target].parameter.View().data());
    case core::Effect::edit:
        return "~ edit";
    }
    return "";
}

Value text_of(const char* text) { return {CStringGetTextDatum(text), false}; }

} // namespace

// define_lifecycle(name text, definition jsonb) returns integer, the revision
CURFEW_FUNCTION(define_lifecycle) {
    Store store = open_store(fcinfo);
    std::string_view name = required_text(fcinfo, 0, "name");
    if (!core::IsName(name))
        raise_refusal(core::Refusal::invalid_definition, "name",
                      "A lifecycle's name is a letter, then letters, digits or _, 63 at most.");
    if (PG_ARGISNULL(1))
        raise_refusal(core::Refusal::missing_field, "definition", "The argument \"definition\" is null.");
    core::Lifecycle* defined = new_lifecycle();
    compile_definition(name, PG_GETARG_DATUM(1), defined);

    lock_lifecycles();
    StoredLifecycle stored = read_lifecycle(name);
    if (stored.found) {
        if (stored.builtin && !creating_extension)
            raise_refusal(core::Refusal::invalid_definition, "name",
                          "The lifecycles that come with the extension stay as they are.",
                          "Define one of another name.");
        core::Lifecycle* current = new_lifecycle();
        compile_definition(name, stored.definition, current);
        if (core::Problem problem = core::CheckSuccessor(*current, *defined))
            raise_problem(problem);
    }
    int32 revision = stored.version.revision + 1;
    write_lifecycle(name, revision, PG_GETARG_DATUM(1), creating_extension);
    if (!creating_extension)
        ereport(LOG, (errmsg("curfew: lifecycle \"%s\" is now at revision %d, defined by %s", excerpt(name), revision,
                             GetUserNameFromId(GetUserId(), false))));
    close_store(store);
    PG_RETURN_INT32(revision);
}

// list_transitions() returns setof (lifecycle text, state text, action text, who text, scope text, reason text,
//                                   again text, next_state text)
CURFEW_FUNCTION(list_transitions) {
    Store store = open_store(fcinfo);
    RowSet rows = begin_rows(fcinfo);
    uint64 count = read_lifecycles();
    SPITupleTable* result = SPI_tuptable;
    for (uint64 i = 0; i < count; ++i) {
        SPI_tuptable = result;
        std::string_view name = text_view(result_value(i, 0).datum);
        LifecycleVersion version = {DatumGetInt32(result_value(i, 1).datum),
                                    DatumGetTransactionId(result_value(i, 2).datum)};
        const core::Lifecycle& lifecycle = compiled_lifecycle(name, version);
        for (int s = 0; s < lifecycle.state_count; ++s)
            for (int a = 0; a < lifecycle.action_count; ++a) {
                const core::Action& action = lifecycle.actions[a];
                if (!(action.from & core::StateBit(s)))
                    continue;
                static constexpr const char* kReasons[] = {"optional", "required", "none"};
                static constexpr const char* kAgain[] = {"refuse", "same"};
                bool scoped = !action.scope.Empty();
                Value columns[] = {text_value(name),
                                   text_of(lifecycle.states[s].name.View().data()),
                                   text_of(action.name.View().data()),
                                   text_of(who_may(action)),
                                   {scoped ? text_datum(action.scope.View()) : 0, !scoped},
                                   text_of(kReasons[static_cast<int>(action.reason)]),
                                   text_of(kAgain[static_cast<int>(action.again)]),
                                   text_of(effect_of(lifecycle, action))};
                rows.put(columns);
            }
    }
    close_store(store);
    return Datum(0);
}

// lifecycle_diagram(name text) returns text, a Mermaid state diagram
CURFEW_FUNCTION(lifecycle_diagram) {
    Store store = open_store(fcinfo);
    const core::Lifecycle& lifecycle = current_lifecycle(required_text(fcinfo, 0, "name"));
    StringInfoData text;
    initStringInfo(&text);
    appendStringInfoString(&text, "stateDiagram-v2\n");
    appendStringInfo(&text, "    [*] --> %s\n", lifecycle.states[lifecycle.initial].name.View().data());
    for (int a = 0; a < lifecycle.action_count; ++a)
        for (int s = 0; s < lifecycle.state_count; ++s) {
            const core::Action& action = lifecycle.actions[a];
            if (!(action.from & core::StateBit(s)))
                continue;
            const char* from = lifecycle.states[s].name.View().data();
            if (action.effect == core::Effect::enter)
                appendStringInfo(&text, "    %s --> %s: %s\n", from,
                                 lifecycle.states[action.target].name.View().data(), action.name.View().data());
            else
                appendStringInfo(&text, "    %s --> %s: %s (%s)\n", from, from, action.name.View().data(),
                                 effect_of(lifecycle, action));
        }
    for (int s = 0; s < lifecycle.state_count; ++s)
        if (lifecycle.states[s].terminal)
            appendStringInfo(&text, "    %s --> [*]\n", lifecycle.states[s].name.View().data());

    Datum result = for_caller(CStringGetTextDatum(text.data));
    close_store(store);
    return result;
}
