#include "queue.hpp"

#include <algorithm>
#include <functional>
#include <string>
#include <utility>

namespace curfew::front {
namespace {

/// Who is asked as nobody is a caller of his own: what he shows is in the body. Who shows no credential where one is wanted is
/// one with all others who do not.
std::size_t CallerOf(const Exchange& exchange) {
    if (!exchange.caller)
        return std::hash<const Exchange*>()(&exchange);
    return std::hash<std::string>()(exchange.caller->credential.value_or(""));
}

} // namespace

Queue::Lines::iterator Queue::LineOf(const Question& question) {
    return lines_.try_emplace(CallerOf(*question.exchange)).first;
}

void Queue::Add(Question& question) {
    Lines::value_type& line = *LineOf(question);
    line.second.waiting.push_back(&question);
    if (line.second.waiting.size() == 1)
        turns_.push_back(&line);
    ++size_;
}

void Queue::AddFirst(Question& question) {
    Lines::value_type& line = *LineOf(question);
    if (!line.second.waiting.empty())
        turns_.erase(std::find(turns_.begin(), turns_.end(), &line));
    line.second.waiting.push_front(&question);
    turns_.push_front(&line);
    ++size_;
}

bool Queue::Remove(Question& question) {
    const auto line = LineOf(question);
    std::deque<Question*>& waiting = line->second.waiting;
    const auto found = std::find(waiting.begin(), waiting.end(), &question);
    const bool waits = found != waiting.end();
    if (waits) {
        waiting.erase(found);
        --size_;
        if (waiting.empty())
            turns_.erase(std::find(turns_.begin(), turns_.end(), &*line));
    }
    Leave(line);
    return waits;
}

Question* Queue::Next(const std::function<bool(const Question&, bool)>& may_begin) const {
    const auto may = [&](const Lines::value_type* each) {
        const Line& line = each->second;
        return may_begin(*line.waiting.front(), line.begun < share_);
    };
    const auto turn = std::find_if(turns_.begin(), turns_.end(), may);
    return turn == turns_.end() ? nullptr : (*turn)->second.waiting.front();
}

void Queue::Begin(Question& question, bool joins) {
    Lines::value_type& line = *LineOf(question);
    turns_.erase(std::find(turns_.begin(), turns_.end(), &line));
    line.second.waiting.pop_front();
    if (!line.second.waiting.empty())
        turns_.push_back(&line);
    --size_;
    question.is_of_share = !joins && !question.exchange->IsSoonDone();
    line.second.begun += question.is_of_share ? 1 : 0;
    Leave(lines_.find(line.first));
}

void Queue::End(Question& question) {
    if (!std::exchange(question.is_of_share, false))
        return;
    const auto line = LineOf(question);
    --line->second.begun;
    Leave(line);
}

/// A line in which nobody is left is no more.
void Queue::Leave(Lines::iterator line) {
    if (line->second.waiting.empty() && line->second.begun == 0)
        lines_.erase(line);
}

std::vector<Question*> Queue::TakeAll() {
    std::vector<Question*> all;
    while (!turns_.empty()) {
        Question& question = *turns_.front()->second.waiting.front();
        all.push_back(&question);
        Remove(question);
    }
    return all;
}

} // namespace curfew::front
