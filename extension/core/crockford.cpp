#include "core/crockford.hpp"

namespace curfew::core {
namespace {

constexpr int kBytes = 16;
constexpr int kDigitBits = 5;

} // namespace

// From the last digit on: each takes the lowest five bits that are left.
void CrockfordText(const std::uint8_t* bytes, char* text) noexcept {
    unsigned held = 0;
    int bits = 0, next = kBytes - 1;
    for (int i = kCrockfordSize - 1; i >= 0; --i) {
        if (bits < kDigitBits && next >= 0) {
            held |= static_cast<unsigned>(bytes[next--]) << bits;
            bits += 8;
        }
        text[i] = kCrockfordDigits[held & 31];
        held >>= kDigitBits;
        bits -= kDigitBits;
    }
}

bool CrockfordBytes(std::string_view text, std::uint8_t* bytes) noexcept {
    if (text.size() != kCrockfordSize || text[0] < '0' || text[0] > '7') // 130 bits for 128
        return false;
    unsigned held = 0;
    int bits = 0, next = kBytes - 1;
    for (int i = kCrockfordSize - 1; i >= 0; --i) {
        char c = text[i] >= 'a' && text[i] <= 'z' ? static_cast<char>(text[i] - 'a' + 'A') : text[i];
        std::size_t digit = kCrockfordDigits.find(c);
        if (digit == std::string_view::npos)
            return false;
        held |= static_cast<unsigned>(digit) << bits;
        bits += kDigitBits;
        if (bits >= 8 && next >= 0) {
            bytes[next--] = static_cast<std::uint8_t>(held & 255);
            held >>= 8;
            bits -= 8;
        }
    }
    return next < 0;
}

} // namespace curfew::core
