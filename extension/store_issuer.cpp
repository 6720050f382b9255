#include "store_issuer.hpp"

#include "secrets.hpp"

namespace curfew {
namespace {

#define CURFEW_ISSUER_COLUMNS                                                                                \
    "i.tenant_id, i.id, t.slug, i.jwks, i.audience, i.hs256_secret, i.principal_claim, i.tenant_claim,"      \
    " i.roles_claim, i.scopes_claim, i.role_scopes, i.clock_skew"

void read_issuer(uint64 row, Issuer* issuer) {
    Value audience = result_value(row, 4);
    issuer->tenant = *DatumGetUUIDP(result_value(row, 0).datum);
    issuer->id = *DatumGetUUIDP(result_value(row, 1).datum);
    issuer->tenant_slug = text_view(result_value(row, 2).datum);
    issuer->jwks = result_value(row, 3);
    issuer->audience = audience.null ? std::string_view{} : text_view(audience.datum);
    issuer->hs256_secret = result_value(row, 5);
    issuer->principal_claim = text_view(result_value(row, 6).datum);
    issuer->tenant_claim = result_value(row, 7);
    issuer->roles_claim = result_value(row, 8);
    issuer->scopes_claim = result_value(row, 9);
    issuer->role_scopes = result_value(row, 10).datum;
    issuer->clock_skew = DatumGetIntervalP(result_value(row, 11).datum)->time; // it has neither days nor months
}

} // namespace

int find_issuers(std::string_view issuer, const pg_uuid_t* tenant, Datum claims, Issuer found[kMostIssuers]) {
    static Statement of_tenant = {"SELECT " CURFEW_ISSUER_COLUMNS
                                  " FROM curfew.issuer i JOIN curfew.tenant t ON t.id = i.tenant_id"
                                  " WHERE i.issuer = $1 AND i.tenant_id = $2",
                                  {TEXTOID, UUIDOID}};
    static Statement of_claims = {
        "WITH candidate AS (SELECT c.tenant_id, CASE WHEN c.tenant_claim IS NULL THEN 1"
        "   WHEN $2 ->> c.tenant_claim IN (t.slug, t.id::text) THEN 2 ELSE 0 END AS rank"
        "  FROM curfew.issuer c JOIN curfew.tenant t ON t.id = c.tenant_id WHERE c.issuer = $1),"
        " best AS (SELECT tenant_id FROM candidate WHERE rank = (SELECT max(rank) FROM candidate) LIMIT $3)"
        "SELECT " CURFEW_ISSUER_COLUMNS
        " FROM best b JOIN curfew.issuer i ON i.issuer = $1 AND i.tenant_id = b.tenant_id"
        " JOIN curfew.tenant t ON t.id = i.tenant_id",
        {TEXTOID, JSONBOID, INT4OID}};
    Parameters parameters;
    parameters.Add(text_datum(issuer));
    uint64 count = 0;
    if (tenant != nullptr) {
        parameters.Add(*tenant);
        count = run(of_tenant, parameters);
    }
    if (count == 0) {
        parameters.count = 1;
        parameters.Add(claims);
        parameters.Add(Int32GetDatum(kMostIssuers + 1));
        count = run(of_claims, parameters);
    }
    if (count > kMostIssuers)
        return 0;
    for (uint64 i = 0; i < count; ++i)
        read_issuer(i, &found[i]);
    return static_cast<int>(count);
}

bool find_principal(const pg_uuid_t& tenant, std::string_view id_or_name, pg_uuid_t* principal) {
    static Statement by_id = {"SELECT id FROM curfew.principal WHERE tenant_id = $1 AND id = $2",
                              {UUIDOID, UUIDOID}};
    static Statement by_name = {"SELECT id FROM curfew.principal WHERE tenant_id = $1 AND name = $2",
                                {UUIDOID, TEXTOID}};
    Parameters parameters;
    parameters.Add(tenant);
    if (ParseUuid(id_or_name, principal)) {
        parameters.Add(*principal);
        if (run(by_id, parameters) > 0)
            return true;
        parameters.count = 1;
    }
    parameters.Add(text_datum(id_or_name));
    if (run(by_name, parameters) == 0)
        return false;
    *principal = *DatumGetUUIDP(result_value(0, 0).datum);
    return true;
}

pg_uuid_t upsert_issuer(const pg_uuid_t& tenant, const NewIssuer& issuer) {
    static Statement statement = {
        "INSERT INTO curfew.issuer (tenant_id, id, issuer, jwks, audience, hs256_secret, principal_claim,"
        " tenant_claim, roles_claim, role_scopes, scopes_claim, clock_skew, created_at, updated_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, now(), now())"
        " ON CONFLICT (issuer, tenant_id) DO UPDATE SET jwks = $4, audience = $5, hs256_secret = $6,"
        " principal_claim = $7, tenant_claim = $8, roles_claim = $9, role_scopes = $10, scopes_claim = $11,"
        " clock_skew = $12, updated_at = now() RETURNING id",
        {UUIDOID, UUIDOID, TEXTOID, JSONBOID, TEXTOID, BYTEAOID, TEXTOID, TEXTOID, TEXTOID, JSONBOID, TEXTOID,
         INTERVALOID}};
    Parameters parameters;
    parameters.Add(tenant);
    parameters.Add(issuer.id);
    parameters.Add(text_datum(issuer.issuer));
    add(&parameters, issuer.jwks);
    add(&parameters, issuer.audience);
    add(&parameters, issuer.hs256_secret);
    parameters.Add(text_datum(issuer.principal_claim));
    add(&parameters, issuer.tenant_claim);
    add(&parameters, issuer.roles_claim);
    add(&parameters, issuer.role_scopes);
    add(&parameters, issuer.scopes_claim);
    add(&parameters, issuer.clock_skew);
    run(statement, parameters);
    return *DatumGetUUIDP(result_value(0, 0).datum);
}

bool delete_issuer(const pg_uuid_t& tenant, std::string_view issuer, pg_uuid_t* id, Value* jwks) {
    static Statement statement = {
        "DELETE FROM curfew.issuer WHERE tenant_id = $1 AND issuer = $2 RETURNING id, jwks",
        {UUIDOID, TEXTOID}};
    Parameters parameters;
    parameters.Add(tenant);
    parameters.Add(text_datum(issuer));
    if (run(statement, parameters) == 0)
        return false;
    *id = *DatumGetUUIDP(result_value(0, 0).datum);
    *jwks = result_value(0, 1);
    return true;
}

uint64 list_issuers(const pg_uuid_t& tenant) {
    static Statement statement = {
        "SELECT i.id, i.issuer, i.jwks, i.hs256_secret IS NOT NULL, i.audience, i.principal_claim,"
        " i.tenant_claim, i.roles_claim, i.role_scopes, i.scopes_claim, i.clock_skew, i.created_at,"
        " i.updated_at"
        " FROM curfew.issuer i WHERE i.tenant_id = $1 ORDER BY i.issuer",
        {UUIDOID}};
    Parameters parameters;
    parameters.Add(tenant);
    return run(statement, parameters);
}

} // namespace curfew
