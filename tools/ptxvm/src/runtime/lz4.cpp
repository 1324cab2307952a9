#include "runtime/lz4.h"

#include <cstring>

namespace ptxvm {
namespace {

constexpr size_t kMinMatch = 4;

struct Reader {
  std::span<const std::byte> block;
  size_t at = 0;
  bool bad = false;

  size_t byte() {
    if (at >= block.size()) return bad = true, 0;
    return std::to_integer<size_t>(block[at++]);
  }
  // A nibble of 15 is continued by bytes, each added, until one is not 255.
  size_t length(size_t nibble) {
    if (nibble != 15) return nibble;
    for (size_t more = 255; more == 255 && !bad;) nibble += more = byte();
    return nibble;
  }
};

}  // namespace

size_t lz4_decompress(std::span<const std::byte> block, std::span<std::byte> text) {
  Reader in{block};
  size_t out = 0;
  while (in.at < block.size()) {
    const size_t token = in.byte();
    const size_t literals = in.length(token >> 4);
    if (in.bad || literals > block.size() - in.at || literals > text.size() - out) return 0;
    if (literals) std::memcpy(text.data() + out, block.data() + in.at, literals);
    in.at += literals;
    out += literals;
    if (in.at == block.size()) break;  // the last sequence has no match
    const size_t low = in.byte(), offset = low | in.byte() << 8;
    const size_t match = in.length(token & 15) + kMinMatch;
    if (in.bad || offset == 0 || offset > out || match > text.size() - out) return 0;
    for (size_t i = 0; i < match; ++i, ++out) text[out] = text[out - offset];
  }
  return out;
}

}  // namespace ptxvm
