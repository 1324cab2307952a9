// Reader of the fat binaries that nvcc puts into an executable. Everything it reads is bounds-checked: a fat binary may
// also come from a file (cudaLibraryLoadFromFile).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "vm/machine.h"

namespace ptxvm {

// Malformed fat binary, or one that holds nothing this architecture can run; the sentence names the field.
struct FatbinError {
  std::string message;
};

struct FatbinEntry {
  enum class Kind : uint16_t { kPtx = 1, kCubin = 2 };
  Kind kind = Kind::kPtx;
  int arch = 0;                  // 80 for compute_80
  bool arch_specific = false;    // compute_90a
  bool family_specific = false;  // compute_100f
  enum class Packing { kPlain, kZstd, kLz4, kUnknown } packing = Packing::kPlain;
  std::span<const std::byte> payload;
  uint64_t unpacked_bytes = 0;  // of a packed payload
};

// Entries of all fat binaries that lie one after the other in `data`. Throws FatbinError.
std::vector<FatbinEntry> read_fatbin(std::span<const std::byte> data);

// Bytes from the header's own size fields to the end of the (one) fat binary at `start`; for images in memory, whose
// length nobody else knows.
uint64_t fatbin_bytes(const std::byte* start);

// The text of a PTX entry, without padding at its end. Throws FatbinError.
std::string unpack_ptx(const FatbinEntry& entry);

// Index of the PTX that a device of this architecture would compile: the highest virtual architecture it may run, an
// exact arch-specific match first. -1 if there is none.
int choose_ptx(const std::vector<FatbinEntry>& entries, const Arch& arch);

// "compute_80, sm_90 (machine code)" for messages.
std::string describe(const std::vector<FatbinEntry>& entries);

}  // namespace ptxvm
