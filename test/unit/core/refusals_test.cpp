// The one table of refusals.
#include "core/refusals.hpp"

#include <boost/test/unit_test.hpp>

#include <iterator>
#include <map>
#include <set>
#include <string>

using namespace curfew::core;

namespace {

// The interface's words, by status.
const std::map<int, std::set<std::string>> kInterface = {
    {400, {"not_json"}},
    {401,
     {"no_credential", "invalid_credential", "key_revoked", "key_expired", "session_not_live",
      "principal_revoked", "no_identity", "jwt_expired", "jwt_not_yet_valid"}},
    {403,
     {"principal_suspended", "tenant_suspended", "tenant_mismatch", "not_owner", "reader", "scope_missing",
      "not_admin", "workspace_mismatch", "append_only"}},
    {404,
     {"session_not_found", "workspace_not_found", "principal_not_found", "lifecycle_not_found",
      "tenant_not_found", "key_not_found", "issuer_not_found", "preview_not_found",
      "quote_not_found", "frame_not_available"}},
    {409, {"invalid_state", "already_exists", "preview_changed"}},
    {412, {"version_conflict"}},
    {422,
     {"unknown_action", "reason_required", "reason_too_long", "reason_not_taken", "malformed_id",
      "ambiguous_id", "wrong_type", "value_out_of_range", "missing_field", "unknown_value",
      "idempotency_key_reused", "unknown_parameter", "doubled_parameter", "invalid_cursor",
      "invalid_consistency_token", "not_object", "invalid_key_set", "invalid_definition"}},
    {503, {"no_coverage"}},
};

} // namespace

BOOST_AUTO_TEST_SUITE(refusals)

BOOST_AUTO_TEST_CASE(each_word_has_the_status_that_the_interface_gives_it) {
    std::map<int, std::set<std::string>> found;
    for (const RefusalText& text : kRefusalTexts)
        if (text.status != 0)
            found[text.status].emplace(text.word);
    for (const auto& [status, words] : kInterface)
        BOOST_TEST(found[status] == words, boost::test_tools::per_element());
    BOOST_TEST(found.size() == kInterface.size());
}
BOOST_AUTO_TEST_CASE(words_are_unique_and_each_is_its_refusals) {
    std::set<std::string_view> words;
    for (const RefusalText& text : kRefusalTexts)
        BOOST_TEST(words.insert(text.word).second, text.word);
    BOOST_TEST(TextOf(Refusal::none).word == "");
    BOOST_TEST(TextOf(Refusal::not_json).word == "not_json");
    BOOST_TEST(TextOf(Refusal::invalid_state).word == "invalid_state");
    BOOST_TEST(TextOf(Refusal::no_coverage).word == "no_coverage");
    BOOST_TEST(static_cast<int>(Refusal::no_coverage) ==
               static_cast<int>(std::size(kRefusalTexts)) - 1);
}
BOOST_AUTO_TEST_CASE(statuses_are_400_to_503_and_have_three_digits_of_an_sqlstate) {
    for (const RefusalText& text : kRefusalTexts)
        if (!text.word.empty())
            BOOST_TEST((text.status >= 400 && text.status <= 503), text.word);
}
BOOST_AUTO_TEST_CASE(messages_are_phrases_and_hints_are_sentences) {
    for (const RefusalText& text : kRefusalTexts) {
        if (text.word.empty())
            continue;
        std::string message = text.message, hint = text.hint;
        BOOST_TEST(!message.empty(), text.word);
        BOOST_TEST(message.back() != '.', text.word);
        BOOST_TEST((hint.empty() || hint.back() == '.'), text.word);
    }
}

BOOST_AUTO_TEST_SUITE_END()
