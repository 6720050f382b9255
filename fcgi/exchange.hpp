// exchange.hpp: what is asked of the database for one request, and what comes back. No library comes in here.
#pragma once

#include "contract.hpp"

#include <optional>
#include <string>
#include <vector>

namespace curfew::front {

/// Whom the extension is told about.
struct Caller {
    Value credential;
    Value tenant;
    std::string via; // "http:luxxon"
    std::string request_id;
    Value traceparent;
};

/// One transaction, of which lookups and acts may each be a part: authenticate, check the consistency token and, where the statement
/// does not read it, the body; the statement. Those who share one have statements of their own: within one, PostgreSQL may answer a
/// caller with what a function gave for another. With a change's commit comes a consistency token that tells of it.
struct Exchange {
    std::optional<Caller> caller; // nothing: the statement is asked as nobody
    Value consistency;            // the token that came in
    bool wants_consistency = false;
    Value unread_body;
    const Statement* statement = nullptr;
    const Statement* proving = nullptr; // the same with the authentication in it, where there is one
    std::vector<Value> values;          // of $1, $2 …
    Effect effect = Effect::kRead;

    /// Whether it waits for nobody: neither for who changes the same, nor for a standby to catch up.
    bool IsSoonDone() const { return effect == Effect::kLookup && !consistency; }

    /// Whether it may be in one transaction with others of its effect.
    bool MayHaveCompany() const { return proving != nullptr && !consistency; }
};

/// With whom an exchange may be sent.
enum class Company {
    kAny,            // in one transaction with others; a lookup, behind others too
    kOwnTransaction, // a lookup: but behind others, and others behind it
    kOwnConnection,
};

/// The statement's one row.
struct Answer {
    std::string body; // finished JSON
    std::optional<int> status;
    Value content_type; // where it is not JSON
    Value etag;
    Value location;
    Value link;
    Value consistency; // after a change, where it was wanted
    Value rest;        // of a body that has the consistency token in it, from right after its place on
    Value refused;     // the reason word of a failure that is an answer: what was done stays done
};

} // namespace curfew::front
