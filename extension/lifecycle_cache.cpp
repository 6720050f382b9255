#include "lifecycle_cache.hpp"

#include "core/check.hpp"
#include "core/definition_reader.hpp"
#include "directory_watch.hpp"
#include "errors.hpp"
#include "json.hpp"

#include <new>

namespace curfew {
namespace {

struct Entry {
    core::Name name;
    LifecycleVersion version;
    uint64 generation; // of the directory, in which this is known to be the present version
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

// The entry for which that holds, or null. It is the first one then.
template <typename Condition> Entry* find_entry(Condition holds) {
    Entry** link = &entries;
    for (Entry* entry = entries; entry != nullptr; link = &entry->next, entry = entry->next)
        if (holds(*entry)) {
            *link = entry->next;
            entry->next = entries;
            return entries = entry;
        }
    return nullptr;
}

Entry* find_version(std::string_view name, const LifecycleVersion& version) {
    return find_entry([&](const Entry& entry) { return entry.version == version && entry.name == name; });
}

// Keeps a compiled form; the room of an earlier one of the same name is used again.
Entry* keep(std::string_view name, const LifecycleVersion& version, const core::Lifecycle& compiled) {
    Entry* entry = find_entry([&](const Entry& candidate) { return candidate.name == name; });
    if (entry == nullptr) {
        entry = new (MemoryContextAlloc(TopMemoryContext, sizeof(Entry))) Entry;
        entry->name = core::Name(name);
        entry->next = entries;
        entries = entry;
    }
    entry->lifecycle = compiled;
    entry->version = version;
    entry->generation = 0;
    return entry;
}

} // namespace

const core::Lifecycle* KnownLifecycle(std::string_view name) {
    uint64 generation = DirectoryGeneration();
    Entry* entry =
        find_entry([&](const Entry& candidate) { return candidate.generation == generation && candidate.name == name; });
    return entry == nullptr ? nullptr : &entry->lifecycle;
}

const core::Lifecycle& current_lifecycle(std::string_view name) {
    uint64 generation = directory_generation();
    if (const core::Lifecycle* known = KnownLifecycle(name))
        return *known;
    StoredLifecycle stored = read_lifecycle(name);
    if (!stored.found)
        raise_refusal(core::Refusal::lifecycle_not_found, "lifecycle");
    Entry* entry = find_version(name, stored.version);
    if (entry == nullptr) {
        core::Lifecycle* compiled = new (palloc(sizeof(core::Lifecycle))) core::Lifecycle;
        compile_definition(name, stored.definition, compiled);
        entry = keep(name, stored.version, *compiled);
    }
    if (may_keep_directory())
        entry->generation = generation;
    return entry->lifecycle;
}

const core::Lifecycle& compiled_lifecycle(std::string_view name, const LifecycleVersion& version) {
    const Entry* kept = find_version(name, version);
    return kept != nullptr ? kept->lifecycle : current_lifecycle(name);
}

} // namespace curfew
