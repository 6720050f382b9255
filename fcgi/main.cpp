// curfew-fcgi: settings in, server on.
#include "handler.hpp"
#include "server.hpp"
#include "settings.hpp"

#include <exception>
#include <iostream>

int main(int argc, char** argv) {
    using namespace curfew::front;
    int exit_code = 0;
    const auto settings = ReadSettings(argc, argv, exit_code);
    if (!settings)
        return exit_code;
    if (settings->print_routes) {
        const Site site;
        for (const Router& router : site.routers())
            std::cout << RouteList(router);
        return 0;
    }
    const Log log(settings->log_level);
    try {
        Serve(*settings, log);
    } catch (const std::exception& error) {
        log.Write(LogLevel::kError, "cannot serve", {{"cause", error.what()}});
        return 1;
    }
    return 0;
}
