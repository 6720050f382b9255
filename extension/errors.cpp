#include "pg.hpp"

#include "errors.hpp"

#include "identity.hpp"
#include "refusal_context.hpp"

namespace curfew {

void raise_refusal(core::Refusal refusal, const char* argument, const char* detail, const char* hint) {
    keep_refusal(refusal);
    const core::RefusalText& row = core::TextOf(refusal);
    char digits[] = {static_cast<char>('0' + row.status / 100), static_cast<char>('0' + row.status / 10 % 10),
                     static_cast<char>('0' + row.status % 10)};
    const char* request = TransactionRequestId();
    const char* advice = hint != nullptr ? hint : row.hint;

    ereport(ERROR, (errcode(MAKE_SQLSTATE('S', 'L', digits[0], digits[1], digits[2])), errmsg("%s", row.message),
                    detail != nullptr ? errdetail("%s", detail) : 0, advice[0] != '\0' ? errhint("%s", advice) : 0,
                    err_generic_string(PG_DIAG_CONSTRAINT_NAME, row.word.data()),
                    request[0] != '\0' ? errcontext_msg("request %s", request) : 0,
                    argument != nullptr ? err_generic_string(PG_DIAG_COLUMN_NAME, argument) : 0));
    pg_unreachable();
}

const char* excerpt(std::string_view text) {
    constexpr int kLongest = 64;
    int size = static_cast<int>(Min(text.size(), size_t{INT_MAX}));
    int length = pg_mbcliplen(text.data(), size, kLongest);
    return psprintf("%.*s%s", length, text.data(), length < size ? "..." : "");
}

} // namespace curfew
