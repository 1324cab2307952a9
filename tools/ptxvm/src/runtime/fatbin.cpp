#include "runtime/fatbin.h"

#include <zstd.h>

#include <cstring>

#include "runtime/lz4.h"

namespace ptxvm {
namespace {

constexpr uint32_t kMagic = 0xba55ed50;
constexpr uint64_t kFileHeaderBytes = 16, kEntryHeaderBytes = 64;
constexpr uint64_t kFlagLz4 = 0x2000, kFlagZstd = 0x8000, kFlagArchSpecific = 0x100000, kFlagFamily = 0x200000;
// A PTX text above this is a damaged size field, not a program.
constexpr uint64_t kMaxTextBytes = uint64_t{1} << 32;

template <class T>
T load(std::span<const std::byte> data, uint64_t offset) {
  T value;
  std::memcpy(&value, data.data() + offset, sizeof value);
  return value;
}

FatbinEntry read_entry(std::span<const std::byte> rest, uint64_t* entry_bytes) {
  if (rest.size() < kEntryHeaderBytes) throw FatbinError{"fat binary: entry header is cut off"};
  const uint32_t header = load<uint32_t>(rest, 4);
  const uint64_t payload = load<uint64_t>(rest, 8);
  if (header < kEntryHeaderBytes || header > rest.size() || payload > rest.size() - header)
    throw FatbinError{"fat binary: entry of " + std::to_string(header) + " + " + std::to_string(payload) +
                      " bytes runs past its end"};
  FatbinEntry entry;
  entry.kind = static_cast<FatbinEntry::Kind>(load<uint16_t>(rest, 0));
  entry.arch = static_cast<int>(load<uint32_t>(rest, 28) & 0xffff);
  const uint64_t flags = load<uint64_t>(rest, 40);
  entry.arch_specific = flags & kFlagArchSpecific;
  entry.family_specific = flags & kFlagFamily;
  uint64_t used = payload;
  if (flags & (kFlagLz4 | kFlagZstd)) {
    entry.packing = flags & kFlagZstd ? FatbinEntry::Packing::kZstd : FatbinEntry::Packing::kLz4;
    used = load<uint32_t>(rest, 16);
    entry.unpacked_bytes = load<uint64_t>(rest, 56);
    if (used > payload) throw FatbinError{"fat binary: compressed size is larger than the entry"};
  } else if (flags & 0x7000) {
    entry.packing = FatbinEntry::Packing::kUnknown;
  }
  entry.payload = rest.subspan(header, used);
  *entry_bytes = header + payload;
  return entry;
}

std::vector<std::byte> unpack(const FatbinEntry& entry) {
  if (entry.packing == FatbinEntry::Packing::kUnknown)
    throw FatbinError{"fat binary: unknown compression; build with nvcc --compress-mode=none"};
  if (entry.packing == FatbinEntry::Packing::kPlain) return {entry.payload.begin(), entry.payload.end()};
  if (entry.unpacked_bytes > kMaxTextBytes) throw FatbinError{"fat binary: decompressed size is not plausible"};
  // A frame that tells its own size bounds the allocation, whatever the entry's field claims.
  if (entry.packing == FatbinEntry::Packing::kZstd) {
    const auto told = ZSTD_getFrameContentSize(entry.payload.data(), entry.payload.size());
    if (told != entry.unpacked_bytes) throw FatbinError{"fat binary: zstd frame and entry disagree on the size"};
  } else if (entry.unpacked_bytes > 255 * (entry.payload.size() + 1)) {
    throw FatbinError{"fat binary: decompressed size is more than LZ4 can reach"};
  }
  std::vector<std::byte> text(entry.unpacked_bytes);
  size_t got;
  if (entry.packing == FatbinEntry::Packing::kZstd) {
    got = ZSTD_decompress(text.data(), text.size(), entry.payload.data(), entry.payload.size());
    if (ZSTD_isError(got)) throw FatbinError{std::string("fat binary: zstd: ") + ZSTD_getErrorName(got)};
  } else {
    got = lz4_decompress(entry.payload, text);
  }
  if (got != text.size()) throw FatbinError{"fat binary: decompressed text is shorter than announced"};
  return text;
}

}  // namespace

std::vector<FatbinEntry> read_fatbin(std::span<const std::byte> data) {
  std::vector<FatbinEntry> entries;
  while (data.size() >= kFileHeaderBytes && load<uint32_t>(data, 0) == kMagic) {
    const uint16_t header = load<uint16_t>(data, 6);
    const uint64_t size = load<uint64_t>(data, 8);
    if (header < kFileHeaderBytes || header > data.size() || size > data.size() - header)
      throw FatbinError{"fat binary: header announces " + std::to_string(size) + " bytes, but only " +
                        std::to_string(data.size()) + " are there"};
    auto rest = data.subspan(header, size);
    while (!rest.empty()) {
      uint64_t bytes = 0;
      entries.push_back(read_entry(rest, &bytes));
      rest = rest.subspan(bytes);
    }
    data = data.subspan(header + size);
    while (!data.empty() && data.front() == std::byte{0}) data = data.subspan(1);
  }
  if (!data.empty()) throw FatbinError{"fat binary: no magic number 0xba55ed50"};
  return entries;
}

uint64_t fatbin_bytes(const std::byte* start) {
  uint16_t header;
  uint32_t magic;
  uint64_t size;
  std::memcpy(&magic, start, sizeof magic);
  if (magic != kMagic) throw FatbinError{"fat binary: no magic number 0xba55ed50"};
  std::memcpy(&header, start + 6, sizeof header);
  std::memcpy(&size, start + 8, sizeof size);
  return header + size;
}

std::string unpack_ptx(const FatbinEntry& entry) {
  const auto bytes = unpack(entry);
  std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (const auto end = text.find('\0'); end != std::string::npos) text.resize(end);
  return text;
}

int choose_ptx(const std::vector<FatbinEntry>& entries, const Arch& arch) {
  const int device = arch.major * 10 + arch.minor;
  int best = -1, best_rank = -1;
  for (int i = 0; i < static_cast<int>(entries.size()); ++i) {
    const auto& entry = entries[i];
    if (entry.kind != FatbinEntry::Kind::kPtx || entry.arch > device) continue;
    if (entry.arch_specific && !(arch.arch_specific && entry.arch == device)) continue;
    if (entry.family_specific && entry.arch / 10 != arch.major) continue;
    const int rank = entry.arch * 4 + (entry.arch_specific ? 2 : entry.family_specific ? 1 : 0);
    if (rank > best_rank) best = i, best_rank = rank;
  }
  return best;
}

std::string describe(const std::vector<FatbinEntry>& entries) {
  std::string text;
  for (const auto& entry : entries) {
    if (!text.empty()) text += ", ";
    const bool ptx = entry.kind == FatbinEntry::Kind::kPtx;
    text += (ptx ? "compute_" : "sm_") + std::to_string(entry.arch);
    if (entry.arch_specific) text += 'a';
    if (entry.family_specific) text += 'f';
    text += ptx ? " (PTX)" : " (machine code)";
  }
  return text.empty() ? "nothing" : text;
}

}  // namespace ptxvm
