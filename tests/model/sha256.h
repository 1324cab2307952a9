#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <vector>

namespace glimpse {

/// FIPS 180-4, of bytes in memory; hexadecimal. For the checksums of golden data only.
class Sha256 {
 public:
  static std::string of(std::span<const unsigned char> bytes) {
    Sha256 hash;
    std::size_t at = 0;
    for (; at + 64 <= bytes.size(); at += 64) hash.block(bytes.data() + at);
    std::vector<unsigned char> tail(bytes.begin() + static_cast<std::ptrdiff_t>(at), bytes.end());
    tail.push_back(0x80);
    while (tail.size() % 64 != 56) tail.push_back(0);
    for (int shift = 56; shift >= 0; shift -= 8) tail.push_back(static_cast<unsigned char>(bytes.size() * 8 >> shift));
    for (at = 0; at < tail.size(); at += 64) hash.block(tail.data() + at);
    std::string text;
    for (const std::uint32_t word : hash.state_) {
      char hex[9];
      std::snprintf(hex, sizeof hex, "%08x", word);
      text += hex;
    }
    return text;
  }

 private:
  // The constants are the first 32 bits of the fractions of square and cube roots of the first primes.
  Sha256() {
    int found = 0;
    for (int n = 2; found < 64; ++n) {
      bool prime = true;
      for (int d = 2; d * d <= n; ++d) prime = prime && n % d != 0;
      if (!prime) continue;
      if (found < 8) state_[static_cast<std::size_t>(found)] = fraction(std::sqrt(static_cast<long double>(n)));
      round_[static_cast<std::size_t>(found++)] = fraction(std::cbrt(static_cast<long double>(n)));
    }
  }

  static std::uint32_t fraction(long double x) {
    return static_cast<std::uint32_t>((x - std::floor(x)) * 4294967296.0L);
  }

  void block(const unsigned char* data) {
    std::array<std::uint32_t, 64> w;
    for (std::size_t i = 0; i < 16; ++i) {
      w[i] = std::uint32_t{data[4 * i]} << 24 | std::uint32_t{data[4 * i + 1]} << 16 |
             std::uint32_t{data[4 * i + 2]} << 8 | data[4 * i + 3];
    }
    for (std::size_t i = 16; i < 64; ++i) {
      const std::uint32_t a = w[i - 15], b = w[i - 2];
      w[i] = w[i - 16] + w[i - 7] + (std::rotr(a, 7) ^ std::rotr(a, 18) ^ a >> 3) +
             (std::rotr(b, 17) ^ std::rotr(b, 19) ^ b >> 10);
    }
    auto s = state_;
    for (std::size_t i = 0; i < 64; ++i) {
      const std::uint32_t e = std::rotr(s[4], 6) ^ std::rotr(s[4], 11) ^ std::rotr(s[4], 25);
      const std::uint32_t a = std::rotr(s[0], 2) ^ std::rotr(s[0], 13) ^ std::rotr(s[0], 22);
      const std::uint32_t t = s[7] + e + ((s[4] & s[5]) ^ (~s[4] & s[6])) + round_[i] + w[i];
      const std::uint32_t u = a + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
      s = {t + u, s[0], s[1], s[2], s[3] + t, s[4], s[5], s[6]};
    }
    for (std::size_t i = 0; i < 8; ++i) state_[i] += s[i];
  }

  std::array<std::uint32_t, 8> state_{};
  std::array<std::uint32_t, 64> round_{};
};

}  // namespace glimpse
