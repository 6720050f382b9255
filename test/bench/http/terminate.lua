function request()
    local number = first + step * sent + index
    sent = sent + 1
    return wrk.format("POST", "/curfew/v1/sessions/" .. prefix .. numbered(number) .. "/terminate", headers,
        '{"reason":"no longer needed"}')
end
