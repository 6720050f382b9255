-- What the scripts share: each thread counts for itself, and every request has a number that no other has. wrk's arguments
-- after "--": first number, prefix, key.

local threads = {}

function setup(thread)
    thread:set("index", #threads)
    table.insert(threads, thread)
end

function init(arguments)
    first, prefix, key = tonumber(arguments[1]), arguments[2], arguments[3]
    step, sent = 2, 0 -- bench.py starts wrk with two threads
    headers = {["X-Api-Key"] = key, ["Content-Type"] = "application/json"}
end

-- A number has 16 digits, more than a float of %d writes on every build.
function numbered(number)
    return string.format("%.0f", number)
end

function done(summary, latency)
    local most = 0
    for _, thread in ipairs(threads) do most = math.max(most, thread:get("sent")) end
    local errors = summary.errors
    print(string.format("RESULT %d %d %d %d %d %d %d", summary.requests, summary.duration,
        latency:percentile(50), latency:percentile(99), errors.status,
        errors.connect + errors.read + errors.write + errors.timeout, 2 * most))
end
