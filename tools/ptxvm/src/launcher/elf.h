// What the launcher must know of an executable before it starts it.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace ptxvm {

struct ElfFacts {
  bool elf = false;  // a 64-bit little-endian ELF for x86-64
  bool dynamic = false;
  bool device_code = false;      // has a fat binary section
  bool rpath = false;            // DT_RPATH, which the loader searches before LD_LIBRARY_PATH
  bool loads_libraries = false;  // imports dlopen, so a CUDA library may still come
  std::vector<std::string> needed;
};

// Never reads outside `file`; what is malformed counts as absent.
ElfFacts read_elf(std::span<const std::byte> file);

// A sentence that says why the program cannot run on the virtual GPU and what to do, or an empty string.
std::string refusal(const ElfFacts& facts, const std::string& program);
// A sentence that names a library of the program whose calls will fail, or an empty string.
std::string note(const ElfFacts& facts);

}  // namespace ptxvm
