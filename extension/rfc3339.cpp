#include "rfc3339.hpp"

#include "store.hpp"

namespace curfew {

void append_rfc3339(StringInfo out, core::Instant at, int digits) {
    pg_tm parts = {};
    fsec_t microseconds = 0;
    if (at == core::kNever || timestamp2tm(at, nullptr, &parts, &microseconds, nullptr, nullptr) != 0 ||
        parts.tm_year < 0 || parts.tm_year > 9999)
        ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE), errmsg("timestamp out of range")));

    char text[] = "0000-00-00T00:00:00.000000";
    const struct {
        int begin, end, number;
    } places[] = {{0, 4, parts.tm_year},  {5, 7, parts.tm_mon},   {8, 10, parts.tm_mday}, {11, 13, parts.tm_hour},
                  {14, 16, parts.tm_min}, {17, 19, parts.tm_sec}, {20, 26, static_cast<int>(microseconds)}};
    for (auto [begin, end, number] : places)
        for (; end > begin; number /= 10)
            text[--end] = static_cast<char>('0' + number % 10);
    appendBinaryStringInfo(out, text, digits > 0 ? 20 + digits : 19);
    appendStringInfoChar(out, 'Z');
}

Datum rfc3339_datum(core::Instant at, int digits) {
    StringInfoData out;
    initStringInfo(&out);
    append_rfc3339(&out, at, digits);
    return text_datum({out.data, static_cast<std::size_t>(out.len)});
}

} // namespace curfew
