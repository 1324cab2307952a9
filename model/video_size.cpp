#include "model/video_size.h"

#include <cstring>
#include <span>

namespace glimpse {
namespace {

constexpr int kMostBoxes = 1 << 16;  // of an MP4 file; beyond them the rest is taken on trust
constexpr int64_t kPadding = 8;      // writers of RIFF disagree on whether a last byte of padding counts
constexpr int64_t kTsPacket = 188;   // bytes, of an MPEG transport stream; each begins with 0x47

uint64_t big_endian(const uint8_t* bytes, int count) {
  uint64_t value = 0;
  for (int i = 0; i < count; ++i) value = value << 8 | bytes[i];
  return value;
}

bool is_box(const uint8_t* type) {
  for (const char* known : {"ftyp", "styp", "moov", "moof", "mdat", "mfra", "sidx", "free", "skip", "wide", "uuid",
                            "meta", "emsg", "prft", "pdin"})
    if (std::memcmp(type, known, 4) == 0) return true;
  return false;
}

// Boxes of ISO/IEC 14496-12: size of 32 bits (1: 64 bits follow the type; 0: up to the end), type. Anything that is no
// known box ends the walk: files may trail other data.
int64_t last_box_end(const ReadAt& read, int64_t size) {
  int64_t at = 0;
  for (int i = 0; i < kMostBoxes && at < size; ++i) {
    uint8_t head[16] = {};
    if (read(at, head, sizeof head) < 8 || !is_box(head + 4)) return 0;
    const uint64_t length = big_endian(head, 4), box = length == 1 ? big_endian(head + 8, 8) : length;
    if (box == 0) return 0;
    if (box < 8 || box > uint64_t{INT64_MAX} / 2) return 0;  // damaged otherwise: the demuxer says how
    at += static_cast<int64_t>(box);
  }
  return at;
}

// An EBML number (RFC 8794) at head[at]: its leading zeros tell how many bytes it takes. All ones: unknown.
int64_t ebml_size(std::span<const uint8_t> head, size_t& at) {
  int length = 1;
  while (length <= 8 && at < head.size() && !(head[at] >> (8 - length) & 1)) ++length;
  if (at >= head.size() || length > 8 || head.size() - at < static_cast<size_t>(length)) return -1;
  const uint64_t ones = (uint64_t{1} << 7 * length) - 1, value = big_endian(&head[at], length) & ones;
  at += static_cast<size_t>(length);
  return value == ones || value > uint64_t{INT64_MAX} / 2 ? -1 : static_cast<int64_t>(value);
}

int64_t segment_end(std::span<const uint8_t> head) {
  size_t at = 4;
  const int64_t header = ebml_size(head, at);
  if (header < 0 || header > static_cast<int64_t>(head.size() - at)) return 0;
  at += static_cast<size_t>(header);
  if (head.size() - at < 4 || big_endian(&head[at], 4) != 0x18538067) return 0;
  at += 4;
  const int64_t segment = ebml_size(head, at);
  return segment < 0 ? 0 : segment + static_cast<int64_t>(at);
}

}  // namespace

int64_t missing_end(const ReadAt& read, int64_t size) {
  uint8_t bytes[256] = {};
  const std::span<const uint8_t> head(bytes, read(0, bytes, sizeof bytes));
  if (head.size() < 16) return 0;
  int64_t claimed = 0;
  if (std::memcmp(bytes, "RIFF", 4) == 0) {
    const int64_t length = bytes[4] | bytes[5] << 8 | bytes[6] << 16 | int64_t{bytes[7]} << 24;
    claimed = length == UINT32_MAX ? 0 : length + 8 - kPadding;
  } else if (big_endian(bytes, 4) == 0x1a45dfa3) {
    claimed = segment_end(head);
  } else if (is_box(bytes + 4)) {
    claimed = last_box_end(read, size);
  } else if (head.size() > kTsPacket && bytes[0] == 0x47 && bytes[kTsPacket] == 0x47) {
    claimed = (size + kTsPacket - 1) / kTsPacket * kTsPacket;
  }
  return claimed > size ? claimed : 0;
}

}  // namespace glimpse
