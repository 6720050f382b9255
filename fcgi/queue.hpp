// queue.hpp: who waits for a connection to the database, and whose turn it is.
#pragma once

#include "question.hpp"

#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <unordered_map>
#include <vector>

namespace curfew::front {

/// Callers take turns, and none has more than a share of the connections: who asks much, or for what takes long, holds up nobody
/// but himself. A caller's changes and his reads have turns of their own, those of a kind in the order of asking: changes may have
/// to gather, and reads to wait for a connection, and neither holds up the other. A caller is a credential; who shows none where
/// one is wanted are one, and who needs none are one each.
class Queue {
  public:
    /// At most `share` questions of one caller at a time, besides those that join others or are soon done.
    explicit Queue(std::size_t share) : share_(share) {}

    std::size_t size() const { return size_; }

    void Add(Question& question);

    /// The same for one that is asked again: before all others.
    void AddFirst(Question& question);

    /// Takes one back; false where it does not wait.
    bool Remove(Question& question);

    /// Whose turn it is; none where none of those who are first of their caller's and kind may begin.
    ///   may_begin  whether a question may, whose caller has less than his share of the connections or not
    Question* Next(const std::function<bool(const Question&, bool has_less)>& may_begin) const;

    /// That one waits no more, and is one of its caller's share until End, unless it joins others on their connection or is soon
    /// done.
    void Begin(Question& question, bool joins);
    void End(Question& question);

    /// All who wait, who do so no more.
    std::vector<Question*> TakeAll();

  private:
    struct Caller;
    struct Line { // of one kind
        Caller& caller;
        std::list<Question*> waiting{};
    };
    struct Caller {
        Caller() = default;
        Caller(const Caller&) = delete;
        Caller& operator=(const Caller&) = delete;

        Line changes{*this};
        Line reads{*this};
        std::size_t begun = 0;
    };
    using Callers = std::unordered_map<std::size_t, Caller>; // by the credential's hash

    Callers::iterator CallerOf(const Question& question);
    static Line& LineOf(Caller& caller, const Question& question);
    void EndTurn(Line& line);
    void Leave(Callers::iterator caller);

    const std::size_t share_;
    Callers callers_;
    std::deque<Line*> turns_; // those in which somebody waits
    std::size_t size_ = 0;
};

} // namespace curfew::front
