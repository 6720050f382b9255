#include "jwt_identity.hpp"

#include "core/scopes.hpp"
#include "errors.hpp"
#include "secrets.hpp"
#include "store_identity.hpp"
#include "store_issuer.hpp"

namespace curfew {
namespace {

Objection invalid(const char* detail) { return {core::Refusal::invalid_credential, nullptr, detail}; }

KeySet keys_of(const Issuer& issuer) {
    KeySet keys;
    if (!issuer.jwks.null && read_key_set(JsonNode::of_datum(issuer.jwks.datum), &keys) != nullptr)
        keys.count = 0; // not as it was registered
    if (!issuer.hs256_secret.null) {
        bytea* secret = DatumGetByteaPP(issuer.hs256_secret.datum);
        Key& key = keys.keys[keys.count++];
        key.algorithm = Algorithm::hs256;
        key.first = {VARDATA_ANY(secret), static_cast<std::size_t>(VARSIZE_ANY_EXHDR(secret))};
    }
    return keys;
}

// The registration whose keys signed the token, if need be the only one of these that is for its audience: what another tenant
// registers for the same issuer takes nobody's tokens away. False where there is none, or still several.
bool choose_issuer(const Jwt& jwt, std::string_view issued_by, const pg_uuid_t* tenant, Issuer* chosen) {
    Issuer found[kMostIssuers];
    int count = find_issuers(issued_by, tenant, jwt.claims_jsonb, found), signed_by = 0, meant = 0;
    const Issuer *signer = nullptr, *meant_by = nullptr;
    for (int i = 0; i < count; ++i) {
        if (!SignatureVerifies(jwt, keys_of(found[i])))
            continue;
        signer = &found[i];
        ++signed_by;
        if (IsFor(jwt, found[i].audience)) {
            meant_by = &found[i];
            ++meant;
        }
    }
    if (signed_by > 1 && meant == 1)
        signer = meant_by;
    else if (signed_by != 1)
        return false;
    *chosen = *signer;
    return true;
}

JsonNode claim_of(const Jwt& jwt, const Value& name) {
    return name.null ? JsonNode{} : jwt.claims.Member(text_view(name.datum));
}

// Whether the claim's value is the tenant's slug or id.
bool names_tenant(JsonNode claim, const Issuer& issuer) {
    pg_uuid_t id;
    return claim.IsText() &&
           (claim.Text() == issuer.tenant_slug ||
            (ParseUuid(claim.Text(), &id) && memcmp(id.data, issuer.tenant.data, UUID_LEN) == 0));
}

// Adds a scope to those that are remembered; false when there is no room. What no lifecycle can ask for is
// left out: that gives nobody more.
bool add_scope(TokenScopes* scopes, std::string_view scope) {
    if (!core::IsScope(scope))
        return true;
    if (scopes->size + scope.size() + 1 > sizeof scopes->text)
        return false;
    memcpy(scopes->text + scopes->size, scope.data(), scope.size());
    scopes->size = static_cast<std::uint16_t>(scopes->size + scope.size());
    scopes->text[scopes->size++] = ' ';
    return true;
}

// The scopes of the token's roles, and then those that limit it.
Objection read_scopes(const Jwt& jwt, const Issuer& issuer, TokenScopes* scopes) {
    bool fits = true;
    JsonNode roles = claim_of(jwt, issuer.roles_claim), table = JsonNode::of_datum(issuer.role_scopes);
    bool words = for_each_word(roles, [&](std::string_view role) {
        table.Member(role).ForEachElement(
            [&](JsonNode scope) { return fits = add_scope(scopes, scope.Text()); });
        return fits;
    });
    if (roles.Present() && !words)
        return invalid("The token's roles are neither a string nor a list of strings.");
    scopes->from_roles = scopes->size;

    JsonNode limit = claim_of(jwt, issuer.scopes_claim);
    scopes->limited = limit.Present();
    words =
        for_each_word(limit, [&](std::string_view scope) { return fits = fits && add_scope(scopes, scope); });
    if (limit.Present() && !words)
        return invalid("The token's scopes are neither a string nor a list of strings.");
    return fits ? Objection{} : invalid("The token has too many scopes.");
}

// Whether the tenant that came along, and the one that the token names, are the issuer's.
Objection check_tenant(const Jwt& jwt, const Issuer& issuer, const Value& named, const pg_uuid_t* known) {
    if (!named.null && (known == nullptr || memcmp(known->data, issuer.tenant.data, UUID_LEN) != 0))
        return {core::Refusal::tenant_mismatch, "tenant"};
    if (!issuer.tenant_claim.null && !names_tenant(claim_of(jwt, issuer.tenant_claim), issuer))
        return {core::Refusal::tenant_mismatch};
    return {};
}

} // namespace

Objection find_jwt(std::string_view token, const Value& tenant, core::Instant now, Identity* identity) {
    Jwt jwt;
    if (!parse_jwt(token, &jwt))
        raise_refusal(core::Refusal::invalid_credential, nullptr, "It is not a well-formed token.");
    pg_uuid_t named;
    const pg_uuid_t* known = !tenant.null && find_tenant(text_view(tenant.datum), &named) ? &named : nullptr;
    JsonNode issued_by = jwt.claims.Member("iss");
    Issuer issuer;
    if (!issued_by.IsText() || !choose_issuer(jwt, issued_by.Text(), known, &issuer))
        raise_refusal(core::Refusal::invalid_credential, nullptr,
                      "No issuer that is registered has signed the token.");

    identity->kind = IdentityKind::jwt;
    identity->tenant = issuer.tenant;
    identity->credential = issuer.id;
    JsonNode subject = jwt.claims.Member(issuer.principal_claim);
    bool somebody = subject.IsText() && find_principal(issuer.tenant, subject.Text(), &identity->principal);

    Objection objection = check_tenant(jwt, issuer, tenant, known);
    if (objection.refusal == core::Refusal::none)
        objection = check_claims(jwt, {issuer.audience, issuer.clock_skew, now}, &identity->expires_at);
    if (objection.refusal == core::Refusal::none && !somebody)
        objection = invalid("The token names no principal of the tenant.");
    if (objection.refusal == core::Refusal::none)
        objection = read_scopes(jwt, issuer, &identity->scopes);
    if (objection.refusal != core::Refusal::none && !somebody)
        raise_refusal(objection.refusal, objection.argument, objection.detail);
    return objection;
}

} // namespace curfew
