// listener.hpp: the Unix socket that the front listens on.
#pragma once

#include <string>

namespace curfew::front {

class Listener {
  public:
    /// Listens at `path` with the permission bits `mode`. A socket that a dead process left there is
    /// replaced. Throws std::runtime_error where somebody listens on it, or where it is not a socket.
    Listener(std::string path, unsigned mode);
    ~Listener();
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    int descriptor() const { return descriptor_; }

    /// Takes the socket out of the file system and lets no more connections in. Those that wait already are
    /// still accepted; after them accept fails, with EINVAL, or with EAGAIN where it does not wait.
    void Close();

  private:
    std::string path_;
    int descriptor_;
    bool open_ = true;
};

} // namespace curfew::front
