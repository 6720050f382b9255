// Definitions for the tests: those that come with the extension, and small ones of the tests' own.
#pragma once

#include "core/lifecycle.hpp"
#include "core/problem.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace curfew::test {

// The names of the lifecycles that come with the extension.
const std::vector<std::string>& BuiltInNames();

// extension/lifecycles/<name>.json; throws, saying what to do, where the working directory is not the
// checkout's top.
nlohmann::json BuiltInDefinition(const std::string& name);

// The same, compiled. Throws where it does not compile.
const core::Lifecycle& BuiltIn(std::string_view name);

// Reads, then checks, as define_lifecycle does. The first problem, or none.
core::Problem Compile(const nlohmann::json& definition, std::string_view name, core::Lifecycle& lifecycle);

// Compiles a definition that is expected to be good. Throws where it is not.
core::Lifecycle Compiled(const nlohmann::json& definition, std::string_view name = "thing");

// Two states, open and done, and the owner's action `end`, changed by a JSON merge patch (null takes a member
// away).
nlohmann::json SmallDefinition(std::string_view patch = "{}");

// States running, paused and stopped, entered by start, pause and stop, with a timer where the patch puts
// one.
nlohmann::json SandboxDefinition(std::string_view patch = "{}");

// Indices by name; throw where there is none.
int StateOf(const core::Lifecycle& lifecycle, std::string_view name);
int ActionOf(const core::Lifecycle& lifecycle, std::string_view name);
int MarkOf(const core::Lifecycle& lifecycle, std::string_view name);

} // namespace curfew::test
