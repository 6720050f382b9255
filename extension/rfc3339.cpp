#include "rfc3339.hpp"

#include "store.hpp"

namespace curfew {

void append_rfc3339(StringInfo out, core::Instant at, int digits) {
    pg_tm parts = {};
    fsec_t microseconds = 0;
    if (at == core::kNever || timestamp2tm(at, nullptr, &parts, &microseconds, nullptr, nullptr) != 0 ||
        parts.tm_year < 0 || parts.tm_year > 9999)
        ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE), errmsg("timestamp out of range")));

    char fraction[8] = "";
    if (digits > 0) {
        snprintf(fraction, sizeof fraction, ".%06d", static_cast<int>(microseconds));
        fraction[digits + 1] = '\0';
    }
    appendStringInfo(out, "%04d-%02d-%02dT%02d:%02d:%02d%sZ", parts.tm_year, parts.tm_mon, parts.tm_mday, parts.tm_hour,
                     parts.tm_min, parts.tm_sec, fraction);
}

Datum rfc3339_datum(core::Instant at, int digits) {
    StringInfoData out;
    initStringInfo(&out);
    append_rfc3339(&out, at, digits);
    return text_datum({out.data, static_cast<std::size_t>(out.len)});
}

} // namespace curfew
