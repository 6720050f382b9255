// Reading jsonb. The adapter that core's definition reader asks for, and single members.
#pragma once

#include "pg.hpp"

#include <string_view>

namespace curfew {

// One JSON value inside a jsonb datum that outlives it.
class JsonNode {
  public:
    JsonNode() = default;
    static JsonNode of_datum(Datum jsonb);

    bool Present() const { return kind_ != Kind::absent; }
    bool IsNull() const { return kind_ == Kind::null; }
    bool IsObject() const { return kind_ == Kind::object; }
    bool IsArray() const { return kind_ == Kind::array; }
    bool IsText() const { return kind_ == Kind::text; }
    bool IsBool() const { return kind_ == Kind::boolean; }
    bool IsNumber() const { return kind_ == Kind::number; }

    std::string_view Text() const { return text_; }
    bool Bool() const { return bool_; }
    Numeric Number() const { return number_; }
    JsonNode Member(std::string_view key) const;

    // Calls f(key, value) for each member until f returns false.
    template <class F> void ForEachMember(F f) const {
        if (!IsObject())
            return;
        JsonbIterator* iterator = JsonbIteratorInit(container_);
        JsonbValue key, value;
        JsonbIteratorNext(&iterator, &value, true); // the beginning
        while (JsonbIteratorNext(&iterator, &key, true) == WJB_KEY) {
            JsonbIteratorNext(&iterator, &value, true);
            if (!f(text_of(key), of_value(&value)))
                return;
        }
    }

    // Calls f(value) for each element until f returns false.
    template <class F> void ForEachElement(F f) const {
        if (!IsArray())
            return;
        JsonbIterator* iterator = JsonbIteratorInit(container_);
        JsonbValue value;
        JsonbIteratorNext(&iterator, &value, true); // the beginning
        while (JsonbIteratorNext(&iterator, &value, true) == WJB_ELEM)
            if (!f(of_value(&value)))
                return;
    }

    // The value as a jsonb datum of its own.
    Datum to_datum() const;

    // What is neither an object nor an array as a value to build jsonb of.
    JsonbValue ToScalar() const;

  private:
    enum class Kind { absent, null, object, array, text, number, boolean };

    static JsonNode of_value(const JsonbValue* value);
    static std::string_view text_of(const JsonbValue& value) {
        return {value.val.string.val, static_cast<size_t>(value.val.string.len)};
    }

    Kind kind_ = Kind::absent;
    bool bool_ = false;
    std::string_view text_;
    Numeric number_ = nullptr;
    JsonbContainer* container_ = nullptr;
};

// Whether a number is whole, and whether it fits; then it is in `whole`.
enum class Whole { no, yes, beyond };
Whole WholeNumber(Numeric number, int64* whole);

} // namespace curfew
