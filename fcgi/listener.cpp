#include "listener.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

namespace curfew::front {
namespace {

constexpr int kBacklog = 511;

[[noreturn]] void Fail(const std::string& path, const std::string& what) {
    throw std::runtime_error("cannot listen on " + path + ": " + what);
}

sockaddr_un AddressOf(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        Fail(path, "a socket's path has at most " + std::to_string(sizeof address.sun_path - 1) + " bytes");
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    return address;
}

int NewSocket(const std::string& path) {
    const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0)
        Fail(path, std::strerror(errno));
    return descriptor;
}

/// Removes a socket that nobody listens on; any other file stays, and is an error.
void RemoveStale(const std::string& path, const sockaddr_un& address) {
    struct stat found {};
    if (lstat(path.c_str(), &found) != 0)
        return;
    if (!S_ISSOCK(found.st_mode))
        Fail(path, "there is a file that is not a socket");
    const int probe = NewSocket(path);
    const int connected = connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    const int error = errno;
    close(probe);
    if (connected == 0)
        Fail(path, "another process is listening there");
    if (error != ECONNREFUSED)
        Fail(path, std::strerror(error));
    unlink(path.c_str());
}

constexpr int kFirstHandedOver = 3; // SD_LISTEN_FDS_START

int Option(int descriptor, int option) {
    int value = -1;
    socklen_t size = sizeof value;
    return getsockopt(descriptor, SOL_SOCKET, option, &value, &size) == 0 ? value : -1;
}

std::string TakeFromEnvironment(const char* name) {
    const char* const value = std::getenv(name);
    const std::string taken = value == nullptr ? "" : value;
    unsetenv(name);
    return taken;
}

} // namespace

std::optional<int> HandedOver() {
    const std::string process = TakeFromEnvironment("LISTEN_PID");
    const std::string count = TakeFromEnvironment("LISTEN_FDS");
    TakeFromEnvironment("LISTEN_FDNAMES");
    if (count.empty() || process != std::to_string(getpid()))
        return std::nullopt;
    if (count != "1")
        throw std::runtime_error(count + " sockets were handed over; it serves on one");
    if (Option(kFirstHandedOver, SO_DOMAIN) != AF_UNIX || Option(kFirstHandedOver, SO_TYPE) != SOCK_STREAM ||
        Option(kFirstHandedOver, SO_ACCEPTCONN) != 1)
        throw std::runtime_error("what was handed over is not a listening Unix stream socket");
    fcntl(kFirstHandedOver, F_SETFD, FD_CLOEXEC);
    return kFirstHandedOver;
}

Listener::Listener(std::string path, unsigned mode) : path_(std::move(path)) {
    const sockaddr_un address = AddressOf(path_);
    RemoveStale(path_, address);
    descriptor_ = NewSocket(path_);
    // Nobody can connect between bind and chmod: the socket is made closed to all, and does not listen yet.
    const mode_t before = umask(0777);
    const int bound = bind(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    const int error = errno;
    umask(before);
    if (bound != 0) {
        close(descriptor_);
        Fail(path_, std::strerror(error));
    }
    if (chmod(path_.c_str(), mode) != 0 || listen(descriptor_, kBacklog) != 0) {
        const int failed = errno;
        close(descriptor_);
        unlink(path_.c_str());
        Fail(path_, std::strerror(failed));
    }
}

Listener::~Listener() {
    Close();
    close(descriptor_);
}

void Listener::Close() {
    if (!open_)
        return;
    open_ = false;
    // In this order: once the listener refuses, a successor may put its own socket at the path.
    unlink(path_.c_str());
    shutdown(descriptor_, SHUT_RD);
}

} // namespace curfew::front
