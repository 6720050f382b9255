// A definition that is refused, where and why.
#pragma once

#include "definitions.hpp"

#include <boost/test/unit_test.hpp>

namespace curfew::test {

inline void CheckProblem(const core::Problem& problem, std::string_view place, std::string_view sentence) {
    BOOST_TEST(bool(problem), "nothing was refused; expected " << place << ": " << sentence);
    BOOST_TEST(problem.Place() == place);
    BOOST_TEST(problem.Sentence() == sentence);
}

inline void CheckRefused(const nlohmann::json& definition, std::string_view place,
                         std::string_view sentence) {
    core::Lifecycle lifecycle;
    CheckProblem(Compile(definition, "thing", lifecycle), place, sentence);
}

inline void CheckTaken(const nlohmann::json& definition) {
    core::Lifecycle lifecycle;
    core::Problem problem = Compile(definition, "thing", lifecycle);
    BOOST_TEST(!problem, problem.Place() << ": " << problem.Sentence());
}

} // namespace curfew::test
