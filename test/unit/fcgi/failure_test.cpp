#include "failure.hpp"

#include <boost/test/unit_test.hpp>

using namespace curfew::front;

namespace {

Failure Of(std::string_view sqlstate) {
    return FailureFrom({.sqlstate = std::string(sqlstate),
                        .message = "secret value",
                        .detail = "secret detail",
                        .hint = "secret hint",
                        .constraint = "secret_constraint",
                        .column = "secret_column"});
}

} // namespace

BOOST_AUTO_TEST_SUITE(failure)

BOOST_AUTO_TEST_CASE(class_SL_carries_everything) {
    const Failure failure = FailureFrom({.sqlstate = "SL422",
                                         .message = "reason is too long",
                                         .detail = "It has 1,025 characters.",
                                         .hint = "At most 1,024 are taken.",
                                         .constraint = "reason_too_long",
                                         .column = "reason"});
    const Failure expected{.status = 422,
                           .reason = "reason_too_long",
                           .argument = "reason",
                           .message = "reason is too long",
                           .detail = "It has 1,025 characters.",
                           .hint = "At most 1,024 are taken.",
                           .cause = ""};
    BOOST_TEST((failure == expected));
}

BOOST_AUTO_TEST_CASE(every_status_of_class_SL_is_its_number) {
    for (const int status : {400, 401, 403, 404, 409, 412, 422})
        BOOST_TEST(Of("SL" + std::to_string(status)).status == status);
}

BOOST_AUTO_TEST_CASE(what_only_looks_like_class_SL_is_an_internal_error) {
    for (const auto* sqlstate : {"SL000", "SL200", "SL399", "SL600", "SL999", "SLabc", "SL4", "SL40A", "SL4040", ""})
        BOOST_TEST(Of(sqlstate).reason == "internal_error", sqlstate);
}

BOOST_AUTO_TEST_CASE(other_classes_have_a_status_and_show_none_of_their_own_text) {
    const struct {
        const char* sqlstate;
        int status;
        const char* reason;
    } expected[] = {
        {"22P02", 422, "invalid_value"},  {"22P05", 422, "invalid_value"},  {"22021", 422, "invalid_value"},
        {"22001", 422, "invalid_value"},  {"54000", 422, "invalid_value"},  {"54001", 400, "not_json"},
        {"40001", 503, "try_again"},      {"40P01", 503, "try_again"},      {"55P03", 503, "try_again"},
        {"57014", 503, "timed_out"},      {"53300", 503, "database_away"},  {"53100", 503, "database_away"},
        {"57P01", 503, "database_away"},  {"57P02", 503, "database_away"},  {"57P03", 503, "database_away"},
        {"57P05", 503, "database_away"},  {"08006", 503, "database_away"},  {"25006", 503, "read_only"},
        {"42501", 500, "internal_error"}, {"42883", 500, "internal_error"}, {"23505", 500, "internal_error"},
        {"XX000", 500, "internal_error"}, {"P0001", 500, "internal_error"},
    };
    for (const auto& [sqlstate, status, reason] : expected) {
        const Failure failure = Of(sqlstate);
        BOOST_TEST(failure.status == status, sqlstate);
        BOOST_TEST(failure.reason == reason, sqlstate);
        BOOST_TEST(failure.message.find("secret") == std::string::npos, sqlstate);
        BOOST_TEST(failure.detail.empty());
        BOOST_TEST(failure.hint.empty());
        BOOST_TEST(failure.argument.empty());
        BOOST_TEST(failure.cause.starts_with(sqlstate));
    }
}

BOOST_AUTO_TEST_CASE(a_value_of_the_clients_does_not_reach_the_log) {
    BOOST_TEST(Of("22P02").cause == "22P02");
    BOOST_TEST(Of("54000").cause == "54000");
    BOOST_TEST(Of("XX000").cause == "XX000: secret value");
}

BOOST_AUTO_TEST_CASE(a_missing_grant_is_explained_in_the_log) {
    BOOST_TEST(Of("42501").cause.find("curfew.grant_access(role, 'front')") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_pooler_that_mixes_up_prepared_statements_is_suspected_in_the_log) {
    for (const auto* sqlstate : {"26000", "42P05"}) {
        BOOST_TEST(Of(sqlstate).status == 500, sqlstate);
        BOOST_TEST(Of(sqlstate).cause.find("pooler") != std::string::npos, sqlstate);
    }
}

BOOST_AUTO_TEST_CASE(an_own_reason_that_is_not_in_the_table_is_an_internal_error) {
    const Failure failure = OwnFailure("no_such_word", "why");
    BOOST_TEST(failure.status == 500);
    BOOST_TEST(failure.reason == "internal_error");
    BOOST_TEST(failure.cause == "no_such_word: why");
}

BOOST_AUTO_TEST_SUITE_END()
