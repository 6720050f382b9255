#include "queue.hpp"

#include <algorithm>
#include <functional>
#include <string>
#include <utility>

namespace curfew::front {
namespace {

/// Who is asked as nobody is a caller of his own: what he shows is in the body. Who shows no credential where one is wanted is
/// one with all others who do not.
std::size_t HashOfCaller(const Exchange& exchange) {
    if (!exchange.caller)
        return std::hash<const Exchange*>()(&exchange);
    return std::hash<std::string>()(exchange.caller->credential.value_or(""));
}

} // namespace

Queue::Callers::iterator Queue::CallerOf(const Question& question) {
    return callers_.try_emplace(HashOfCaller(*question.exchange)).first;
}

Queue::Line& Queue::LineOf(Caller& caller, const Question& question) {
    return Changes(question.exchange->effect) ? caller.changes : caller.reads;
}

/// It has none, until it is given one.
void Queue::EndTurn(Line& line) { turns_.erase(std::find(turns_.begin(), turns_.end(), &line)); }

void Queue::Add(Question& question) {
    Line& line = LineOf(CallerOf(question)->second, question);
    line.waiting.push_back(&question);
    if (line.waiting.size() == 1)
        turns_.push_back(&line);
    ++size_;
}

void Queue::AddFirst(Question& question) {
    Line& line = LineOf(CallerOf(question)->second, question);
    if (!line.waiting.empty())
        EndTurn(line);
    line.waiting.push_front(&question);
    turns_.push_front(&line);
    ++size_;
}

bool Queue::Remove(Question& question) {
    const auto caller = CallerOf(question);
    Line& line = LineOf(caller->second, question);
    const auto found = std::find(line.waiting.begin(), line.waiting.end(), &question);
    const bool waits = found != line.waiting.end();
    if (waits) {
        line.waiting.erase(found);
        --size_;
        if (line.waiting.empty())
            EndTurn(line);
    }
    Leave(caller);
    return waits;
}

Question* Queue::Next(const std::function<bool(const Question&, bool)>& may_begin) const {
    const auto may = [&](const Line* line) { return may_begin(*line->waiting.front(), line->caller.begun < share_); };
    const auto turn = std::find_if(turns_.begin(), turns_.end(), may);
    return turn == turns_.end() ? nullptr : (*turn)->waiting.front();
}

void Queue::Begin(Question& question, bool joins) {
    const auto caller = CallerOf(question);
    Line& line = LineOf(caller->second, question);
    EndTurn(line);
    line.waiting.pop_front();
    if (!line.waiting.empty())
        turns_.push_back(&line);
    --size_;
    question.is_of_share = !joins && !question.exchange->IsSoonDone();
    caller->second.begun += question.is_of_share ? 1 : 0;
    Leave(caller);
}

void Queue::End(Question& question) {
    if (!std::exchange(question.is_of_share, false))
        return;
    const auto caller = CallerOf(question);
    --caller->second.begun;
    Leave(caller);
}

/// A caller of whom nothing is left is forgotten.
void Queue::Leave(Callers::iterator caller) {
    const Caller& whose = caller->second;
    if (whose.changes.waiting.empty() && whose.reads.waiting.empty() && whose.begun == 0)
        callers_.erase(caller);
}

std::vector<Question*> Queue::TakeAll() {
    std::vector<Question*> all;
    while (!turns_.empty()) {
        Question& question = *turns_.front()->waiting.front();
        all.push_back(&question);
        Remove(question);
    }
    return all;
}

} // namespace curfew::front
