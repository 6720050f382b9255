// listener.hpp: the Unix socket that the front listens on.
#pragma once

#include <optional>
#include <string>

namespace curfew::front {

class Listener {
  public:
    /// Listens at `path` with the permission bits `mode`. A socket that a dead process left there is
    /// replaced. Throws std::runtime_error where somebody listens on it, or where it is not a socket.
    Listener(std::string path, unsigned mode);
    /// Listens on a socket that HandedOver gave.
    explicit Listener(int handed_over) : descriptor_(handed_over), open_(false) {}
    ~Listener();
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    int descriptor() const { return descriptor_; }

    /// Takes the socket out of the file system and lets no more connections in. Those that wait already are
    /// still accepted; after them accept fails, with EINVAL, or with EAGAIN where it does not wait. A socket that
    /// was handed over is left as it is: who waits there waits for the next process that it is handed to.
    void Close();

  private:
    std::string path_;
    int descriptor_;
    bool open_ = true; // and this process's own
};

/// The listening Unix socket that systemd, or what does as it does, has handed over (sd_listen_fds(3)), if any. The
/// environment is cleared of it. Throws std::runtime_error where it is more than one, or no listening Unix socket.
std::optional<int> HandedOver();

} // namespace curfew::front
