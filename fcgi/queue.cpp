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

std::list<Question*>& Queue::Line::OfKind(const Question& question) {
    return Changes(question.exchange->effect) ? changes : reads;
}

/// The first of either kind that may begin: of the two the one that was asked earlier, if both may.
Question* Queue::Line::First(const std::function<bool(const Question&)>& may_begin) const {
    Question* earlier = changes.empty() ? nullptr : changes.front();
    Question* later = reads.empty() ? nullptr : reads.front();
    if (earlier == nullptr || (later != nullptr && later->since < earlier->since))
        std::swap(earlier, later);
    for (Question* const each : {earlier, later})
        if (each != nullptr && may_begin(*each))
            return each;
    return nullptr;
}

Queue::Lines::iterator Queue::LineOf(const Question& question) {
    return lines_.try_emplace(CallerOf(*question.exchange)).first;
}

void Queue::Add(Question& question) {
    Lines::value_type& line = *LineOf(question);
    if (line.second.is_empty())
        turns_.push_back(&line);
    line.second.OfKind(question).push_back(&question);
    ++size_;
}

void Queue::AddFirst(Question& question) {
    Lines::value_type& line = *LineOf(question);
    if (!line.second.is_empty())
        turns_.erase(std::find(turns_.begin(), turns_.end(), &line));
    line.second.OfKind(question).push_front(&question);
    turns_.push_front(&line);
    ++size_;
}

bool Queue::Remove(Question& question) {
    const auto line = LineOf(question);
    std::list<Question*>& waiting = line->second.OfKind(question);
    const auto found = std::find(waiting.begin(), waiting.end(), &question);
    const bool waits = found != waiting.end();
    if (waits) {
        waiting.erase(found);
        --size_;
        if (line->second.is_empty())
            turns_.erase(std::find(turns_.begin(), turns_.end(), &*line));
    }
    Leave(line);
    return waits;
}

Question* Queue::Next(const std::function<bool(const Question&, bool)>& may_begin) const {
    for (const Lines::value_type* const each : turns_) {
        const Line& line = each->second;
        const auto may = [&](const Question& question) { return may_begin(question, line.begun < share_); };
        if (Question* const first = line.First(std::ref(may)))
            return first;
    }
    return nullptr;
}

void Queue::Begin(Question& question, bool joins) {
    Lines::value_type& line = *LineOf(question);
    turns_.erase(std::find(turns_.begin(), turns_.end(), &line));
    line.second.OfKind(question).pop_front();
    if (!line.second.is_empty())
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
    if (line->second.is_empty() && line->second.begun == 0)
        lines_.erase(line);
}

std::vector<Question*> Queue::TakeAll() {
    std::vector<Question*> all;
    while (!turns_.empty()) {
        Question& question = *turns_.front()->second.First([](const Question&) { return true; });
        all.push_back(&question);
        Remove(question);
    }
    return all;
}

} // namespace curfew::front
