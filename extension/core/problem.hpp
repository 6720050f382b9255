// What is wrong with a lifecycle's definition: a place in it and a sentence about it. Pure C++.
#pragma once

#include <array>
#include <initializer_list>
#include <string_view>

namespace curfew::core {

class Problem {
  public:
    constexpr Problem() noexcept = default;

    // `place` is where in the definition (`actions.end.from`); the parts of the sentence are joined as they are.
    Problem(std::string_view place, std::initializer_list<std::string_view> sentence) noexcept {
        place_length_ = Append(place_, 0, place);
        for (std::string_view part : sentence)
            sentence_length_ = Append(sentence_, sentence_length_, part);
    }

    explicit operator bool() const noexcept { return sentence_length_ > 0; }
    std::string_view Place() const noexcept { return {place_.data(), place_length_}; }
    std::string_view Sentence() const noexcept { return {sentence_.data(), sentence_length_}; }

  private:
    template <std::size_t size>
    static std::size_t Append(std::array<char, size>& to, std::size_t length, std::string_view text) noexcept {
        std::size_t room = size - length;
        if (text.size() > room) { // cut between characters, not within one
            while (room > 0 && (text[room] & 0xC0) == 0x80)
                --room;
            text = {text.data(), room};
        }
        for (char c : text)
            to[length++] = c;
        return length;
    }

    std::array<char, 200> place_{};
    std::array<char, 400> sentence_{};
    std::size_t place_length_ = 0;
    std::size_t sentence_length_ = 0;
};

// A dotted place such as `actions.end.from`, built without allocation.
class Place {
  public:
    explicit Place(std::initializer_list<std::string_view> parts) noexcept {
        for (std::string_view part : parts) {
            if (length_ > 0)
                Put('.');
            for (char c : part)
                Put(c);
        }
        while (cut_ && length_ > 0 && (text_[length_ - 1] & 0x80)) // not within a character
            --length_;
    }
    operator std::string_view() const noexcept { return {text_.data(), length_}; }

  private:
    void Put(char c) noexcept {
        cut_ = length_ == text_.size();
        if (!cut_)
            text_[length_++] = c;
    }
    std::array<char, 200> text_{};
    std::size_t length_ = 0;
    bool cut_ = false;
};

} // namespace curfew::core
