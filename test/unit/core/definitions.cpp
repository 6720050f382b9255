#include "definitions.hpp"

#include "core/check.hpp"
#include "core/definition_reader.hpp"
#include "json_tree.hpp"

#include <fstream>
#include <map>
#include <stdexcept>

namespace curfew::test {
namespace {

int Found(int index, std::string_view name) {
    if (index == core::kNone)
        throw std::runtime_error("the lifecycle has no \"" + std::string(name) + "\"");
    return index;
}

} // namespace

const std::vector<std::string>& BuiltInNames() {
    static const std::vector<std::string> names = {"login", "conversation", "run", "agent", "visual"};
    return names;
}

nlohmann::json BuiltInDefinition(const std::string& name) {
    std::string path = "extension/lifecycles/" + name + ".json";
    std::ifstream file(path);
    if (!file)
        throw std::runtime_error("cannot read " + path + ": run the unit tests from the top of the checkout");
    return nlohmann::json::parse(file);
}

const core::Lifecycle& BuiltIn(std::string_view name) {
    static std::map<std::string, core::Lifecycle, std::less<>> compiled;
    auto found = compiled.find(name);
    if (found == compiled.end())
        found = compiled.emplace(name, Compiled(BuiltInDefinition(std::string(name)), name)).first;
    return found->second;
}

core::Problem Compile(const nlohmann::json& definition, std::string_view name, core::Lifecycle& lifecycle) {
    core::DefinitionReader<JsonTree> reader;
    core::Problem problem = reader.Read(JsonTree(&definition), name, lifecycle);
    return problem ? problem : core::Check(lifecycle);
}

core::Lifecycle Compiled(const nlohmann::json& definition, std::string_view name) {
    core::Lifecycle lifecycle;
    if (core::Problem problem = Compile(definition, name, lifecycle))
        throw std::runtime_error(std::string(name) + ": " + std::string(problem.Place()) + ": " +
                                 std::string(problem.Sentence()));
    return lifecycle;
}

nlohmann::json SmallDefinition(std::string_view patch) {
    nlohmann::json definition = nlohmann::json::parse(R"({
        "initial": "open",
        "states":  {"open": {"live": true}, "done": {"terminal": true}},
        "actions": {"end": {"from": ["open"], "to": "done", "by": ["owner"]}}
    })");
    definition.merge_patch(nlohmann::json::parse(patch));
    return definition;
}

nlohmann::json SandboxDefinition(std::string_view patch) {
    nlohmann::json definition = nlohmann::json::parse(R"({
        "initial": "creating",
        "states":  {"creating": {"live": true}, "running": {"live": true, "metered": true},
                    "paused": {"live": true}, "stopped": {"terminal": true}},
        "actions": {"start":   {"from": ["creating", "paused"], "to": "running", "by": ["owner"]},
                    "pause":   {"from": ["running"], "to": "paused", "by": ["owner"]},
                    "stop":    {"from": ["creating", "running", "paused"], "to": "stopped",
                                "by": ["owner", "clock"]},
                    "archive": {"from": "*", "mark": "archived", "by": ["owner"], "again": "same"}},
        "timers":  {"running": {"after": "ttl", "default": "1 hour", "max": "24 hours", "do": "stop"}}
    })");
    definition.merge_patch(nlohmann::json::parse(patch));
    return definition;
}

int StateOf(const core::Lifecycle& lifecycle, std::string_view name) {
    return Found(core::FindState(lifecycle, name), name);
}
int ActionOf(const core::Lifecycle& lifecycle, std::string_view name) {
    return Found(core::FindAction(lifecycle, name), name);
}
int MarkOf(const core::Lifecycle& lifecycle, std::string_view name) {
    return Found(core::FindMark(lifecycle, name), name);
}

} // namespace curfew::test
