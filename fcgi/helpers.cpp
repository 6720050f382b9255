#include "helpers.hpp"

#include <utility>

namespace curfew::front {

Helpers::Helpers(int count) {
    for (int i = 0; i < count; ++i)
        threads_.emplace_back([this] { Work(); });
}

void Helpers::End() {
    {
        const std::lock_guard lock(guard_);
        ending_ = true;
    }
    changed_.notify_all();
    threads_.clear();
}

void Helpers::Run(std::function<void()> task) {
    {
        const std::lock_guard lock(guard_);
        tasks_.push_back(std::move(task));
    }
    changed_.notify_one();
}

void Helpers::Work() {
    for (;;) {
        std::function<void()> task;
        {
            std::unique_lock lock(guard_);
            changed_.wait(lock, [this] { return ending_ || !tasks_.empty(); });
            if (ending_)
                return;
            task = std::move(tasks_.front());
            tasks_.pop_front();
        }
        task();
    }
}

} // namespace curfew::front
