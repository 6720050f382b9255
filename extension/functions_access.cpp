// SQL-callable: database roles, what they may do and as whom.
#include "administration.hpp"
#include "function.hpp"

#include "access.hpp"
#include "errors.hpp"
#include "store_admin.hpp"
#include "store_read.hpp"

extern "C" {
#include "catalog/pg_namespace.h"
#include "utils/catcache.h"
#include "utils/regproc.h"
}

using namespace curfew;

namespace {

constexpr struct {
    const char* word;
    AccessKind kind;
} kKinds[] = {{"front", kFront}, {"service", kService}, {"auditor", kAuditor}, {"admin", kAdmin}};

AccessKind kind_argument(FunctionCallInfo fcinfo, int index) {
    std::string_view word = required_text(fcinfo, index, "kind");
    for (const auto& known : kKinds)
        if (word == known.word)
            return known.kind;
    raise_refusal(core::Refusal::unknown_value, "kind", "It is one of: front, service, auditor, admin.");
}

const char* role_name(Oid role) {
    HeapTuple tuple = SearchSysCache1(AUTHOID, ObjectIdGetDatum(role));
    if (!HeapTupleIsValid(tuple))
        raise_refusal(core::Refusal::unknown_value, "role", "There is no such database role.");
    ReleaseSysCache(tuple);
    return quote_identifier(GetUserNameFromId(role, false));
}

Oid role_argument(FunctionCallInfo fcinfo, int index) {
    if (PG_ARGISNULL(index))
        raise_refusal(core::Refusal::missing_field, "role", "The argument \"role\" is null.");
    Oid role = PG_GETARG_OID(index);
    role_name(role);
    return role;
}

// GRANT or REVOKE of all that a kind of role needs. `verb` and `preposition` are this file's own words.
void change_grants(const char* verb, const char* preposition, const char* role, AccessKind kind) {
    Oid schema = get_namespace_oid("curfew", false);
    for (const Grant& grant : kFunctionGrants) {
        if (!(grant.kinds & kind))
            continue;
        CatCList* overloads = SearchSysCacheList1(PROCNAMEARGSNSP, CStringGetDatum(grant.name));
        List* signatures = NIL;
        for (int i = 0; i < overloads->n_members; ++i) {
            HeapTuple tuple = &overloads->members[i]->tuple;
            Form_pg_proc function = reinterpret_cast<Form_pg_proc>(GETSTRUCT(tuple));
            if (function->pronamespace == schema)
                signatures = lappend(signatures, format_procedure_qualified(function->oid));
        }
        ReleaseSysCacheList(overloads);
        ListCell* cell;
        foreach (cell, signatures)
            run_utility(psprintf("%s EXECUTE ON ROUTINE %s %s %s", verb, static_cast<char*>(lfirst(cell)), preposition,
                                 role));
    }
    for (const Grant& grant : kViewGrants)
        if (grant.kinds & kind)
            run_utility(psprintf("%s SELECT ON curfew.%s %s %s", verb, grant.name, preposition, role));
}

// What keeps bound parameters out of the server's log: those of log_statement, of errors and, where a plan was made for them,
// the constants of a plan.
constexpr struct {
    const char* name;
    const char* value;
    bool is_known; // to this version of PostgreSQL
} kQuiet[] = {
    {"log_parameter_max_length", "0", true},
    {"log_parameter_max_length_on_error", "0", true},
    {"auto_explain.log_verbose", "off", true},
    {"auto_explain.log_parameter_max_length", "0", kAutoExplainPrintsParameters},
};

void keep_parameters_out_of_logs(const char* role) {
    for (const auto& setting : kQuiet)
        if (setting.is_known)
            run_utility(psprintf("ALTER ROLE %s SET %s = %s", role, setting.name, setting.value));
}

void let_parameters_into_logs(const char* role) {
    for (const auto& setting : kQuiet)
        if (setting.is_known)
            run_utility(psprintf("ALTER ROLE %s RESET %s", role, setting.name));
}

void log_access(const char* event, const char* role, std::string_view kind) {
    ereport(LOG, (errmsg("curfew: %s of \"%s\" for %s by %s", event, pnstrdup(kind.data(), kind.size()), role,
                         GetUserNameFromId(GetUserId(), false))));
}

} // namespace

namespace curfew {

void close_schema() {
    // ALTER DEFAULT PRIVILEGES may have opened what the script or a new partition made.
    static Statement statement = {
        "SELECT format('REVOKE ALL ON TABLE %s FROM %s', c.oid::regclass,"
        "  CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END)"
        " FROM pg_class c, aclexplode(c.relacl) a"
        " WHERE c.relnamespace = 'curfew'::regnamespace AND c.relkind IN ('r', 'p', 'S') AND a.grantee <> c.relowner"
        " UNION SELECT format('REVOKE ALL ON ROUTINE %s FROM %s', p.oid::regprocedure,"
        "  CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END)"
        " FROM pg_proc p, aclexplode(p.proacl) a"
        " WHERE $1 AND p.pronamespace = 'curfew'::regnamespace AND a.grantee <> p.proowner"
        " UNION SELECT format('REVOKE ALL ON TABLE %s FROM %s', c.oid::regclass,"
        "  CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END)"
        " FROM pg_class c, aclexplode(c.relacl) a"
        " WHERE $1 AND c.relnamespace = 'curfew'::regnamespace AND c.relkind = 'v' AND a.grantee <> c.relowner",
        {BOOLOID}};
    Parameters parameters;
    parameters.Add(BoolGetDatum(creating_extension));
    uint64 count = run(statement, parameters);
    SPITupleTable* statements = SPI_tuptable;
    for (uint64 i = 0; i < count; ++i) {
        SPI_tuptable = statements;
        run_utility(TextDatumGetCString(result_value(i, 0).datum));
    }
}

} // namespace curfew

// close_schema() returns void: the last word of the install script
CURFEW_FUNCTION(close_schema) {
    Store store = open_store(fcinfo);
    close_schema();
    close_store(store);
    PG_RETURN_VOID();
}

// administers_installation() returns boolean, true: whoever may call it administers every tenant
CURFEW_FUNCTION(administers_installation) {
    (void)fcinfo;
    PG_RETURN_BOOL(true);
}

// grant_access(role regrole, kind text) returns void
CURFEW_FUNCTION(grant_access) {
    Store store = open_store(fcinfo);
    const char* role = role_name(role_argument(fcinfo, 0));
    AccessKind kind = kind_argument(fcinfo, 1);
    run_utility(psprintf("GRANT USAGE ON SCHEMA curfew TO %s", role));
    change_grants("GRANT", "TO", role, kind);
    keep_parameters_out_of_logs(role); // credentials among them
    log_access("grant", role, text_argument(fcinfo, 1));
    close_store(store);
    PG_RETURN_VOID();
}

// revoke_access(role regrole) returns void: takes back all that grant_access gave
CURFEW_FUNCTION(revoke_access) {
    Store store = open_store(fcinfo);
    const char* role = role_name(role_argument(fcinfo, 0));
    for (const auto& known : kKinds)
        change_grants("REVOKE", "FROM", role, known.kind);
    run_utility(psprintf("REVOKE USAGE ON SCHEMA curfew FROM %s", role));
    let_parameters_into_logs(role);
    log_access("revocation", role, "everything");
    close_store(store);
    PG_RETURN_VOID();
}

// map_role(role regrole, principal uuid, tenant text) returns void
CURFEW_FUNCTION(map_role) {
    Store store = open_store(fcinfo);
    Administration call = begin_administration(fcinfo, 2);
    Oid role = role_argument(fcinfo, 0);
    if (superuser_arg(role) && !superuser())
        raise_refusal(core::Refusal::not_admin, "role", "Only a superuser ties a superuser to a principal.");
    pg_uuid_t principal = required_uuid(fcinfo, 1, "principal");
    if (!read_standing(call.tenant, principal).found)
        raise_refusal(core::Refusal::principal_not_found, "principal");
    if (!upsert_mapping(role, call.tenant, principal))
        raise_refusal(core::Refusal::already_exists, "role", "The role is tied to a principal of another tenant.",
                      "Untie it there first, with curfew.unmap_role(role).");
    call.log("role.map", details_object({{"role", {CStringGetTextDatum(GetUserNameFromId(role, false)), false}},
                                         {"principal_id", uuid_text(principal)}}));
    close_store(store);
    PG_RETURN_VOID();
}

// unmap_role(role regrole, tenant text) returns void
CURFEW_FUNCTION(unmap_role) {
    Store store = open_store(fcinfo);
    Administration call = begin_administration(fcinfo, 1);
    if (PG_ARGISNULL(0))
        raise_refusal(core::Refusal::missing_field, "role", "The argument \"role\" is null.");
    Oid role = PG_GETARG_OID(0); // which may have been dropped
    const char* name = GetUserNameFromId(role, true);
    if (delete_mapping(role, call.tenant))
        call.log("role.unmap", details_object({{"role", text_value(name != nullptr ? name : psprintf("%u", role))}}));
    close_store(store);
    PG_RETURN_VOID();
}
