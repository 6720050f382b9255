// From a definition in JSON to a lifecycle, over any JSON value type that offers:
//   bool Present(), IsObject(), IsArray(), IsText(), IsBool(); std::string_view Text(); bool Bool();
//   Json Member(std::string_view key); ForEachMember(f(key, Json)); ForEachElement(f(Json))
// where f returns false to stop. Pure C++. What it reads is well-formed, not yet known to work: see check.hpp.
#pragma once

#include "core/duration.hpp"
#include "core/lifecycle.hpp"
#include "core/problem.hpp"
#include "core/scopes.hpp"

namespace curfew::core {

// Whether `text` can name a state, an action, a mark or a setting: a letter, then letters, digits or _, 63 at most.
bool IsName(std::string_view text) noexcept;

// Whether `text` can name an audit event: letters, digits and _.- , 63 at most.
bool IsEventName(std::string_view text) noexcept;

template <class Json> class DefinitionReader {
  public:
    // Reads `definition` into `lifecycle`; the first problem found, or none.
    Problem Read(Json definition, std::string_view lifecycle_name, Lifecycle& lifecycle) noexcept {
        out_ = &lifecycle;
        lifecycle_name_ = lifecycle_name;
        if (!definition.IsObject())
            return Problem("", {"a definition is a JSON object"});
        Known(definition, "", {"description", "initial", "ids", "parties", "members_only", "tokens", "refresh_grace", "create",
                               "read", "states", "actions", "timers", "forced", "last_use"});
        ReadStates(definition.Member("states"));
        ReadOptions(definition);
        ReadActions(definition.Member("actions"));
        ReadTimers(definition.Member("timers"));
        ReadExtensions(definition.Member("actions"));
        ReadForced(definition.Member("forced"));
        return problem_;
    }

  private:
    using Words = std::initializer_list<std::string_view>;

    void Fail(std::string_view place, Words sentence) noexcept {
        if (!problem_)
            problem_ = Problem(place, sentence);
    }

    void Known(Json object, std::string_view place, Words words) noexcept {
        object.ForEachMember([&](std::string_view key, Json) {
            for (std::string_view word : words)
                if (key == word)
                    return true;
            Fail(place, {"has no member \"", key, "\""});
            return false;
        });
    }

    // The index of a text member among `words`, or `usual` when it is absent.
    int Choice(Json object, std::string_view place, std::string_view key, Words words, int usual) noexcept {
        Json value = object.Member(key);
        if (!value.Present())
            return usual;
        int index = 0;
        if (value.IsText())
            for (std::string_view word : words) {
                if (value.Text() == word)
                    return index;
                ++index;
            }
        std::string_view first = *words.begin();
        Fail(Place{place, key}, {"is not one of its words, such as \"", first, "\""});
        return usual;
    }

    bool Flag(Json object, std::string_view place, std::string_view key) noexcept {
        Json value = object.Member(key);
        if (!value.Present())
            return false;
        if (!value.IsBool()) {
            Fail(Place{place, key}, {"is neither true nor false"});
            return false;
        }
        return value.Bool();
    }

    Name Text(Json object, std::string_view place, std::string_view key, bool (*valid)(std::string_view) noexcept,
              std::string_view kind) noexcept {
        Json value = object.Member(key);
        if (!value.Present())
            return {};
        if (!value.IsText() || !valid(value.Text())) {
            Fail(Place{place, key}, {"is not ", kind});
            return {};
        }
        return Name(value.Text());
    }

    Name Scope(Json object, std::string_view place, std::string_view key) noexcept {
        return Text(object, place, key, IsScope, "a scope (letters, digits and ._:*- )");
    }

    Name Event(Json object, std::string_view place, std::string_view verb) noexcept {
        Name given = Text(object, place, "event", IsEventName, "an event's name (letters, digits and _.- )");
        if (!given.Empty())
            return given;
        if (lifecycle_name_.size() + 1 + verb.size() > Name::kCapacity)
            Fail(place, {"needs an \"event\": \"", lifecycle_name_, ".", verb, "\" is longer than 63 bytes"});
        std::array<char, 2 * Name::kCapacity + 2> text{};
        std::size_t length = 0;
        for (char c : lifecycle_name_)
            text[length++] = c;
        text[length++] = '.';
        for (char c : verb)
            text[length++] = c;
        return Name({text.data(), length});
    }

    Microseconds Duration(Json object, std::string_view place, std::string_view key, Microseconds usual) noexcept {
        Json value = object.Member(key);
        if (!value.Present())
            return usual;
        Microseconds duration = value.IsText() ? ParseDuration(value.Text()) : -1;
        if (duration < 0)
            Fail(Place{place, key}, {"is not a duration such as \"90 seconds\", \"5 minutes\", \"1 hour\", \"2 days\""});
        return duration;
    }

    RelationMask Relations(Json list, std::string_view place, RelationMask usual) noexcept {
        if (!list.Present())
            return usual;
        if (!list.IsArray()) {
            Fail(place, {"is not a list of relations"});
            return 0;
        }
        RelationMask mask = 0;
        list.ForEachElement([&](Json word) {
            for (int i = 0; i < kRelations; ++i)
                if (word.IsText() && word.Text() == kRelationWords[i] && i != static_cast<int>(Relation::scope)) {
                    mask |= Bit(static_cast<Relation>(i));
                    return true;
                }
            Fail(place, {"\"", word.IsText() ? word.Text() : "", "\" is not a relation"});
            return false;
        });
        return mask;
    }

    void ReadStates(Json states) noexcept {
        if (!states.IsObject())
            return Fail("states", {"is missing: an object with a member per state"});
        states.ForEachMember([&](std::string_view name, Json state) {
            Place place{"states", name};
            if (!IsName(name))
                Fail(place, {"is not a name: a letter, then letters, digits or _, 63 at most"});
            else if (!state.IsObject())
                Fail(place, {"is not an object"});
            else if (out_->state_count == kMaxStates)
                Fail("states", {"are more than 32"});
            else {
                Known(state, place, {"live", "terminal", "metered"});
                State& to = out_->states[out_->state_count++];
                to.name = Name(name);
                to.live = Flag(state, place, "live");
                to.terminal = Flag(state, place, "terminal");
                to.metered = Flag(state, place, "metered");
            }
            return !problem_;
        });
    }

    void ReadOptions(Json definition) noexcept {
        Json initial = definition.Member("initial");
        if (!initial.IsText())
            return Fail("initial", {"is missing: the name of the state a session begins in"});
        out_->initial = static_cast<std::int8_t>(FindState(*out_, initial.Text()));
        if (out_->initial == kNone)
            Fail("initial", {"the state \"", initial.Text(), "\" is unknown"});

        out_->random_ids = Choice(definition, "", "ids", {"time", "random"}, 0) == 1;
        out_->workspace_parties = Choice(definition, "", "parties", {"principals", "workspaces"}, 0) == 1;
        out_->members_only = Flag(definition, "", "members_only");
        int tokens = Choice(definition, "", "tokens", {"none", "access", "access+refresh"}, 0);
        out_->access_token = tokens >= 1;
        out_->refresh_token = tokens == 2;
        out_->records_use = Flag(definition, "", "last_use");
        out_->refresh_grace = Duration(definition, "", "refresh_grace", 10 * kSecond);

        Json create = definition.Member("create");
        if (create.Present() && !create.IsObject())
            Fail("create", {"is not an object"});
        Known(create, "create", {"scope", "event"});
        out_->create_scope = Scope(create, "create", "scope");
        out_->create_event = Event(create, "create", "create");

        Json read = definition.Member("read");
        if (read.Present() && !read.IsObject())
            Fail("read", {"is not an object"});
        Known(read, "read", {"by", "scope"});
        RelationMask everyone_near = Bit(Relation::owner) | Bit(Relation::agent) | Bit(Relation::party) |
                                     Bit(Relation::admin) | Bit(Relation::member);
        out_->read_by = Relations(read.Member("by"), "read.by", everyone_near);
        out_->read_scope = Scope(read, "read", "scope");
    }

    void ReadActions(Json actions) noexcept {
        if (actions.Present() && !actions.IsObject())
            return Fail("actions", {"is not an object with a member per action"});
        actions.ForEachMember([&](std::string_view name, Json action) {
            Place place{"actions", name};
            if (!IsName(name))
                Fail(place, {"is not a name: a letter, then letters, digits or _, 63 at most"});
            else if (!action.IsObject())
                Fail(place, {"is not an object"});
            else if (out_->action_count == kMaxActions)
                Fail("actions", {"are more than 64"});
            else
                ReadAction(name, action, place, out_->actions[out_->action_count++]);
            return !problem_;
        });
    }

    void ReadAction(std::string_view name, Json action, std::string_view place, Action& to) noexcept {
        Known(action, place, {"from", "to", "mark", "clear", "extend", "edit", "by", "by_scope", "scope", "reason", "again",
                              "event", "readers", "assigns"});
        to.name = Name(name);
        to.event = Event(action, place, name);
        to.scope = Scope(action, place, "scope");
        to.by_scope = Scope(action, place, "by_scope");
        to.by = Relations(action.Member("by"), Place{place, "by"}, 0);
        if (!to.by_scope.Empty())
            to.by |= Bit(Relation::scope);
        to.reason = static_cast<ReasonRule>(Choice(action, place, "reason", {"optional", "required", "none"}, 0));
        to.again = static_cast<Again>(Choice(action, place, "again", {"refuse", "same"}, 0));
        to.readers = Flag(action, place, "readers");
        int assigned = Choice(action, place, "assigns", {"operator", "idle_operator"}, -1);
        to.assigns = assigned == 0;
        to.dispatches = assigned == 1;
        ReadFrom(action.Member("from"), Place{place, "from"}, to);
        ReadEffect(action, place, to);
    }

    void ReadFrom(Json from, std::string_view place, Action& to) noexcept {
        if (from.IsText() && from.Text() == "*") {
            to.from = out_->state_count == kMaxStates ? ~StateMask{0} : StateBit(out_->state_count) - 1;
            return;
        }
        if (!from.IsArray())
            return Fail(place, {"is missing: a list of states, or \"*\" for all of them"});
        from.ForEachElement([&](Json state) {
            int index = state.IsText() ? FindState(*out_, state.Text()) : kNone;
            if (index == kNone) {
                Fail(place, {"the state \"", state.IsText() ? state.Text() : "", "\" is unknown"});
                return false;
            }
            to.from |= StateBit(index);
            return true;
        });
        if (to.from == 0)
            Fail(place, {"names no state"});
    }

    void ReadEffect(Json action, std::string_view place, Action& to) noexcept {
        Json enter = action.Member("to"), mark = action.Member("mark"), clear = action.Member("clear");
        bool extends = action.Member("extend").Present();
        bool edit = Flag(action, place, "edit");
        if (enter.Present() + mark.Present() + clear.Present() + extends + edit != 1)
            return Fail(place, {"has exactly one of \"to\", \"mark\", \"clear\", \"extend\" and \"edit\""});
        if (edit) {
            to.effect = Effect::edit;
            return;
        }
        if (extends) {
            to.effect = Effect::extend; // of which timer, ReadExtensions finds out when they are known
            return;
        }
        if (enter.Present()) {
            to.effect = Effect::enter;
            to.target = static_cast<std::int8_t>(enter.IsText() ? FindState(*out_, enter.Text()) : kNone);
            if (to.target == kNone)
                Fail(Place{place, "to"}, {"the state \"", enter.IsText() ? enter.Text() : "", "\" is unknown"});
            return;
        }
        to.effect = mark.Present() ? Effect::set_mark : Effect::clear_mark;
        Json word = mark.Present() ? mark : clear;
        if (!word.IsText() || !IsName(word.Text()))
            return Fail(place, {"the mark is not a name: a letter, then letters, digits or _, 63 at most"});
        to.target = static_cast<std::int8_t>(FindMark(*out_, word.Text()));
        if (to.target != kNone)
            return;
        if (out_->mark_count == kMaxMarks)
            return Fail("actions", {"have more than 16 marks"});
        to.target = out_->mark_count++;
        out_->marks[to.target] = Name(word.Text());
    }

    void ReadTimers(Json timers) noexcept {
        if (timers.Present() && !timers.IsObject())
            return Fail("timers", {"is not an object with a member per state that has a timer"});
        timers.ForEachMember([&](std::string_view name, Json timer) {
            Place place{"timers", name};
            int state = FindState(*out_, name);
            if (state == kNone)
                Fail(place, {"the state \"", name, "\" is unknown"});
            else if (timer.IsArray())
                timer.ForEachElement([&](Json one) {
                    AddTimer(state, one, place);
                    return !problem_;
                });
            else
                AddTimer(state, timer, place);
            return !problem_;
        });
    }

    void AddTimer(int state, Json timer, std::string_view place) noexcept {
        if (!timer.IsObject())
            return Fail(place, {"is neither a timer nor a list of timers"});
        if (out_->timer_count == kMaxTimers)
            return Fail("timers", {"are more than 16"});
        out_->states[state].timers |= TimerBit(out_->timer_count);
        ReadTimer(timer, place, out_->timers[out_->timer_count++]);
    }

    void ReadTimer(Json timer, std::string_view place, Timer& to) noexcept {
        Known(timer, place, {"after", "from", "default", "min", "max", "do"});
        to.parameter = Text(timer, place, "after", IsName, "a setting's name");
        to.anchor = static_cast<Anchor>(Choice(timer, place, "from", {"entered", "created", "started", "used"}, 0));
        out_->records_use = out_->records_use || to.anchor == Anchor::used;
        to.usual = Duration(timer, place, "default", -1);
        if (to.usual < 0)
            Fail(Place{place, "default"}, {"is missing: how long the timer runs"});
        to.minimum = Duration(timer, place, "min", kSecond);
        to.maximum = Duration(timer, place, "max", kLongest);
        if (to.usual < to.minimum || to.usual > to.maximum)
            Fail(Place{place, "default"}, {"is not between min and max"});
        Json action = timer.Member("do");
        if (!action.IsText())
            return Fail(place, {"has no action: \"do\" names what happens when the time is up"});
        to.action = static_cast<std::int8_t>(FindAction(*out_, action.Text()));
        if (to.action == kNone)
            Fail(Place{place, "do"}, {"the action \"", action.Text(), "\" is unknown"});
    }

    void ReadExtensions(Json actions) noexcept {
        actions.ForEachMember([&](std::string_view name, Json action) {
            int index = problem_ ? kNone : FindAction(*out_, name);
            if (index == kNone)
                return false;
            Json setting = action.Member("extend");
            if (!setting.Present())
                return true;
            int timer = setting.IsText() && !setting.Text().empty() ? FindTimer(*out_, setting.Text()) : kNone;
            if (timer == kNone)
                Fail(Place{"actions", name, "extend"},
                     {"no timer has the setting \"", setting.IsText() ? setting.Text() : "", "\""});
            out_->actions[index].target = static_cast<std::int8_t>(timer);
            return !problem_;
        });
    }

    void ReadForced(Json actions) noexcept {
        if (!actions.Present())
            return;
        if (!actions.IsArray())
            return Fail("forced", {"is not a list of actions"});
        actions.ForEachElement([&](Json name) {
            int index = name.IsText() ? FindAction(*out_, name.Text()) : kNone;
            if (index == kNone) {
                Fail("forced", {"the action \"", name.IsText() ? name.Text() : "", "\" is unknown"});
                return false;
            }
            out_->forced |= std::uint64_t{1} << index;
            return true;
        });
    }

    Lifecycle* out_ = nullptr;
    std::string_view lifecycle_name_;
    Problem problem_;
};

} // namespace curfew::core
