// helpers.hpp: threads for what may have to wait where nothing tells that the wait is over.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace curfew::front {

class Helpers {
  public:
    explicit Helpers(int count);
    ~Helpers() { End(); }
    Helpers(const Helpers&) = delete;
    Helpers& operator=(const Helpers&) = delete;

    /// By any thread. `task` is run in one of the helpers, once one is free; it throws nothing.
    void Run(std::function<void()> task);

    /// Waits for the tasks that have begun; the others are dropped.
    void End();

  private:
    void Work();

    std::mutex guard_;
    std::condition_variable changed_;
    std::deque<std::function<void()>> tasks_;
    bool ending_ = false;
    std::vector<std::jthread> threads_;
};

} // namespace curfew::front
