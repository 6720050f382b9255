// SQL-callable: for which workspace the caller acts, which workspaces take sessions, and a tenant's settings.
#include "administration.hpp"
#include "function.hpp"

#include "acting.hpp"
#include "errors.hpp"
#include "json.hpp"
#include "store_admin.hpp"
#include "store_identity.hpp"
#include "store_workspace.hpp"

using namespace curfew;

namespace {

bool IsAmount(std::string_view text) {
    bool digits = !text.empty() && text.size() <= 18;
    for (char c : text)
        digits = digits && c >= '0' && c <= '9';
    return digits;
}
bool IsVideo(std::string_view text) { return text == "none" || text == "events"; }
bool IsUrl(std::string_view text) { return text.starts_with("https://") && text.size() <= 200 && text.back() != '/'; }

// What a tenant can set: each a string, with the form that it has.
constexpr struct {
    std::string_view name;
    bool (*fits)(std::string_view);
    const char* form;
} kSettings[] = {
    {"rate_per_second_micro_usdc", IsAmount, "at most 18 digits"},
    {"video", IsVideo, "\"none\" or \"events\""},
    {"video_url", IsUrl, "an https URL without a slash at its end"},
};

void check_setting(std::string_view name, JsonNode value) {
    for (const auto& setting : kSettings) {
        if (setting.name != name)
            continue;
        if (!value.IsNull() && (!value.IsText() || !setting.fits(value.Text())))
            raise_refusal(core::Refusal::unknown_value, setting.name.data(), psprintf("It is %s.", setting.form));
        return;
    }
    raise_refusal(core::Refusal::unknown_value, "settings", psprintf("There is no setting \"%s\".", excerpt(name)));
}

} // namespace

// caller_workspace(workspace text, operator boolean, scope text) returns uuid: the workspace that the caller acts for:
// the one that is named, where the credential may, else the one it is bound to, else null
CURFEW_FUNCTION(caller_workspace) {
    Store store = open_store(fcinfo);
    Loaded loaded;
    const Identity identity = verified_caller(&loaded);
    bool operates = !PG_ARGISNULL(1) && PG_GETARG_BOOL(1);
    std::string_view named = text_argument(fcinfo, 0), scope = text_argument(fcinfo, 2);
    pg_uuid_t own;
    if (!named.empty()) {
        act_for_workspace(identity, named, "workspace", &loaded);
    } else if (operates && !loaded.caller.bound_workspace.set) {
        if (read_operator_workspaces(identity.tenant, identity.principal, {0, true}) > 1)
            raise_refusal(core::Refusal::missing_field, "workspace", "The caller acts for several operator workspaces.");
        if (only_operator_workspace(identity, {0, true}, &own)) {
            loaded.caller.bound_workspace = {true, ToCore(own)};
            loaded.caller.bound_is_operator = true;
        }
    }
    if (operates && !loaded.caller.bound_is_operator)
        raise_refusal(core::Refusal::not_owner, nullptr, "The caller acts for no operator workspace.");
    if (!loaded.grants.Cover(scope))
        raise_refusal(core::Refusal::scope_missing, nullptr, psprintf("This needs the scope \"%s\".", excerpt(scope)));
    close_store(store);
    if (!loaded.caller.bound_workspace.set)
        PG_RETURN_NULL();
    pg_uuid_t* result = static_cast<pg_uuid_t*>(palloc(sizeof(pg_uuid_t)));
    memcpy(result->data, loaded.caller.bound_workspace.id.data(), UUID_LEN);
    return UUIDPGetDatum(result);
}

// set_workspace_online(workspace text, online boolean, tenant text) returns void
CURFEW_FUNCTION(set_workspace_online) {
    Store store = open_store(fcinfo);
    Administration call = begin_administration(fcinfo, 2, "workspaces:online");
    pg_uuid_t workspace;
    if (!find_workspace(call.tenant, required_text(fcinfo, 0, "workspace"), &workspace))
        raise_refusal(core::Refusal::workspace_not_found, "workspace");
    bool online = PG_ARGISNULL(1) || PG_GETARG_BOOL(1);
    if (change_online(call.tenant, workspace, online, call.now))
        call.log(online ? "workspace.online" : "workspace.offline",
                 details_object({{"workspace_id", uuid_text(workspace)}}));
    close_store(store);
    PG_RETURN_VOID();
}

// set_tenant_settings(settings jsonb, tenant text) returns jsonb, all that are set
CURFEW_FUNCTION(set_tenant_settings) {
    Store store = open_store(fcinfo);
    Administration call = begin_administration(fcinfo, 1);
    if (PG_ARGISNULL(0))
        raise_refusal(core::Refusal::missing_field, "settings", "It is a JSON object.");
    JsonNode settings = JsonNode::of_datum(PG_GETARG_DATUM(0));
    if (!settings.IsObject())
        raise_refusal(core::Refusal::wrong_type, "settings", "It is a JSON object.");
    settings.ForEachMember([](std::string_view name, JsonNode value) {
        check_setting(name, value);
        return true;
    });
    Datum merged = 0;
    if (merge_settings(call.tenant, PG_GETARG_DATUM(0), &merged))
        call.log("tenant.settings", {PG_GETARG_DATUM(0), false});
    Datum result = for_caller(merged);
    close_store(store);
    return result;
}

// tenant_setting(name text, usual text) returns text: a setting of the caller's tenant
CURFEW_FUNCTION(tenant_setting) {
    Store store = open_store(fcinfo);
    std::string_view name = required_text(fcinfo, 0, "name");
    Value setting = read_setting(verified_caller().tenant, name);
    if (setting.null)
        setting = argument(fcinfo, 1);
    Datum result = setting.null ? 0 : for_caller(setting.datum);
    close_store(store);
    if (setting.null)
        PG_RETURN_NULL();
    return result;
}
