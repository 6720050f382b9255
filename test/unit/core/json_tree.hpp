// nlohmann's JSON in the shape that core's definition reader asks for.
#pragma once

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace curfew::test {

class JsonTree {
  public:
    JsonTree() = default;
    // `value` outlives the tree; null is "absent", not JSON's null.
    explicit JsonTree(const nlohmann::json* value) : value_(value) {}

    bool Present() const { return value_ != nullptr; }
    bool IsObject() const { return Present() && value_->is_object(); }
    bool IsArray() const { return Present() && value_->is_array(); }
    bool IsText() const { return Present() && value_->is_string(); }
    bool IsBool() const { return Present() && value_->is_boolean(); }
    std::string_view Text() const { return value_->get_ref<const std::string&>(); }
    bool Bool() const { return value_->get<bool>(); }

    JsonTree Member(std::string_view key) const {
        if (!IsObject())
            return {};
        auto found = value_->find(std::string(key));
        return found == value_->end() ? JsonTree() : JsonTree(&*found);
    }

    template <class F>
    void ForEachMember(F f) const {
        if (!IsObject())
            return;
        for (auto member = value_->begin(); member != value_->end(); ++member)
            if (!f(std::string_view(member.key()), JsonTree(&member.value())))
                return;
    }

    template <class F>
    void ForEachElement(F f) const {
        if (!IsArray())
            return;
        for (const nlohmann::json& element : *value_)
            if (!f(JsonTree(&element)))
                return;
    }

  private:
    const nlohmann::json* value_ = nullptr;
};

} // namespace curfew::test
