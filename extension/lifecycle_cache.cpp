#include "lifecycle_cache.hpp"

#include "core/check.hpp"
#include "core/definition_reader.hpp"
#include "errors.hpp"
#include "json.hpp"

#include <new>

namespace curfew {
namespace {

struct Entry {
    core::Name name;
    LifecycleVersion version;
    Entry* next;
    core::Lifecycle lifecycle;
};

Entry* entries = nullptr; // a few; the one last used is first

// Copies the text into palloc'd memory that ends with NUL.
const char* c_string(std::string_view text) { return pnstrdup(text.data(), text.size()); }

} // namespace

void raise_problem(const core::Problem& problem) {
    const char* place = c_string(problem.Place());
    const char* detail = place[0] == '\0' ? c_string(problem.Sentence())
                                          : psprintf("%s: %s", place, c_string(problem.Sentence()));
    raise_refusal(core::Refusal::invalid_definition, place[0] == '\0' ? "definition" : place, detail);
}

void compile_definition(std::string_view name, Datum definition, core::Lifecycle* lifecycle) {
    core::DefinitionReader<JsonNode> reader;
    core::Problem problem = reader.Read(JsonNode::of_datum(definition), name, *lifecycle);
    if (!problem)
        problem = core::Check(*lifecycle);
    if (problem)
        raise_problem(problem);
}

namespace {

const core::Lifecycle* find_entry(std::string_view name, const LifecycleVersion& version) {
    Entry** link = &entries;
    for (Entry* entry = entries; entry != nullptr; link = &entry->next, entry = entry->next)
        if (entry->version == version && entry->name == name) {
            *link = entry->next;
            entry->next = entries;
            entries = entry;
            return &entry->lifecycle;
        }
    return nullptr;
}

// Keeps a compiled form; the room of an earlier one of the same name is used again.
const core::Lifecycle& keep(std::string_view name, const LifecycleVersion& version, const core::Lifecycle& compiled) {
    Entry* entry = entries;
    while (entry != nullptr && !(entry->name == name))
        entry = entry->next;
    if (entry == nullptr) {
        entry = new (MemoryContextAlloc(TopMemoryContext, sizeof(Entry))) Entry;
        entry->name = core::Name(name);
        entry->next = entries;
        entries = entry;
    }
    entry->lifecycle = compiled;
    entry->version = version;
    return entry->lifecycle;
}

} // namespace

const core::Lifecycle& current_lifecycle(std::string_view name) {
    StoredLifecycle stored = read_lifecycle(name);
    if (!stored.found)
        raise_refusal(core::Refusal::lifecycle_not_found, "lifecycle");
    if (const core::Lifecycle* kept = find_entry(name, stored.version))
        return *kept;
    core::Lifecycle* compiled = new (palloc(sizeof(core::Lifecycle))) core::Lifecycle;
    compile_definition(name, stored.definition, compiled);
    return keep(name, stored.version, *compiled);
}

const core::Lifecycle& compiled_lifecycle(std::string_view name, const LifecycleVersion& version) {
    const core::Lifecycle* kept = find_entry(name, version);
    return kept != nullptr ? *kept : current_lifecycle(name);
}

} // namespace curfew
