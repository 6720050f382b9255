function request()
    local number = first + math.random(0, 49999)
    sent = sent + 1
    return wrk.format("POST", "/curfew/v1/introspect", headers, '{"token":"' .. prefix .. numbered(number) .. '"}')
end
