// SQL-callable: principals by the names that fronts give them, and what fronts show of a session's tokens.
#include "function.hpp"

#include "core/crockford.hpp"
#include "core/slice.hpp"
#include "errors.hpp"
#include "secrets.hpp"
#include "store_read.hpp"
#include "store_token.hpp"

using namespace curfew;

namespace {

constexpr std::string_view kMaip = "maip:";
constexpr std::size_t kTenantName = 8; // "t" and seven hex digits of the tenant's tag

void tenant_name(const pg_uuid_t& tenant, char* text) {
    char tag[9];
    HexText(reinterpret_cast<const uint8*>(VARDATA_ANY(read_tag(tenant))), 4, tag);
    text[0] = 't';
    memcpy(text + 1, tag, kTenantName - 1);
}

} // namespace

// maip_principal_id(id uuid) returns text: maip:t<7 hex>:<26 characters>
CURFEW_FUNCTION(maip_principal_id) {
    Store store = open_store(fcinfo);
    pg_uuid_t id = required_uuid(fcinfo, 0, "id");
    char tenant[kTenantName + 1] = {}, text[core::kCrockfordSize + 1] = {};
    tenant_name(verified_caller().tenant, tenant);
    core::CrockfordText(id.data, text);
    close_store(store);
    return CStringGetTextDatum(psprintf("maip:%s:%s", tenant, text));
}

// resolve_principal(id text, argument text) returns uuid: of a UUID, or of an id that maip_principal_id() gave; null for
// null. `argument` is what a refusal names.
CURFEW_FUNCTION(resolve_principal) {
    if (PG_ARGISNULL(0))
        PG_RETURN_NULL();
    Store store = open_store(fcinfo);
    std::string_view text = text_argument(fcinfo, 0);
    const char* argument = PG_ARGISNULL(1) ? "id" : excerpt(text_argument(fcinfo, 1));
    pg_uuid_t tenant = verified_caller().tenant, id;
    if (!ParseUuid(text, &id)) {
        char name[kTenantName];
        tenant_name(tenant, name);
        bool formed = text.starts_with(kMaip) && text.size() == kMaip.size() + kTenantName + 1 + core::kCrockfordSize &&
                      text[kMaip.size() + kTenantName] == ':' &&
                      core::CrockfordBytes(core::After(text, kMaip.size() + kTenantName + 1), id.data);
        if (!formed)
            raise_refusal(core::Refusal::malformed_id, argument);
        if (core::First(core::After(text, kMaip.size()), kTenantName) != std::string_view(name, kTenantName))
            raise_refusal(core::Refusal::principal_not_found, argument);
    }
    Datum result = uuid_for_caller(id);
    close_store(store);
    return result;
}

// principal_kind(id uuid) returns text: user, service or agent; null where the tenant has no such principal
CURFEW_FUNCTION(principal_kind) {
    if (PG_ARGISNULL(0))
        PG_RETURN_NULL();
    Store store = open_store(fcinfo);
    PrincipalStanding standing = read_standing(verified_caller().tenant, *PG_GETARG_UUID_P(0));
    close_store(store);
    if (!standing.found)
        PG_RETURN_NULL();
    return CStringGetTextDatum(standing.kind == core::Kind::agent     ? "agent"
                               : standing.kind == core::Kind::service ? "service"
                                                                      : "user");
}

// session_refreshed_at(session_id uuid) returns timestamptz: when the tokens of a session that the caller may read were
// last renewed
CURFEW_FUNCTION(session_refreshed_at) {
    Store store = open_store(fcinfo);
    pg_uuid_t id = required_uuid(fcinfo, 0, "session_id");
    view(id, {});
    Value at = read_refreshed_at(caller_identity().tenant, id);
    close_store(store);
    if (at.null)
        PG_RETURN_NULL();
    return at.datum;
}
