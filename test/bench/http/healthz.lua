function request()
    sent = sent + 1
    return wrk.format("GET", "/healthz")
end
