#include "launcher/elf.h"

#include <elf.h>

#include <algorithm>
#include <cstring>

namespace ptxvm {
namespace {

using Bytes = std::span<const std::byte>;

template <class T>
bool load(Bytes file, uint64_t offset, T* value) {
  if (offset > file.size() || sizeof(T) > file.size() - offset) return false;
  std::memcpy(value, file.data() + offset, sizeof(T));
  return true;
}

std::string text_at(Bytes file, const Elf64_Shdr& strings, uint64_t offset) {
  if (strings.sh_offset > file.size() || strings.sh_size > file.size() - strings.sh_offset) return {};
  if (offset >= strings.sh_size) return {};
  const auto* start = reinterpret_cast<const char*>(file.data()) + strings.sh_offset + offset;
  return {start, strnlen(start, strings.sh_size - offset)};
}

void read_dynamic(Bytes file, const Elf64_Shdr& section, const Elf64_Shdr& strings, ElfFacts* facts) {
  facts->dynamic = true;
  for (uint64_t at = 0; at + sizeof(Elf64_Dyn) <= section.sh_size; at += sizeof(Elf64_Dyn)) {
    Elf64_Dyn entry;
    if (!load(file, section.sh_offset + at, &entry) || entry.d_tag == DT_NULL) return;
    if (entry.d_tag == DT_NEEDED) facts->needed.push_back(text_at(file, strings, entry.d_un.d_val));
    if (entry.d_tag == DT_RPATH) facts->rpath = true;
  }
}

void read_imports(Bytes file, const Elf64_Shdr& section, const Elf64_Shdr& strings, ElfFacts* facts) {
  for (uint64_t at = 0; at + sizeof(Elf64_Sym) <= section.sh_size; at += sizeof(Elf64_Sym)) {
    Elf64_Sym symbol;
    if (!load(file, section.sh_offset + at, &symbol)) return;
    if (symbol.st_shndx == SHN_UNDEF && text_at(file, strings, symbol.st_name) == "dlopen")
      facts->loads_libraries = true;
  }
}

}  // namespace

ElfFacts read_elf(Bytes file) {
  ElfFacts facts;
  Elf64_Ehdr header;
  if (!load(file, 0, &header) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) return facts;
  facts.elf = header.e_ident[EI_CLASS] == ELFCLASS64 && header.e_machine == EM_X86_64;
  if (!facts.elf || header.e_shentsize != sizeof(Elf64_Shdr)) return facts;
  const auto section = [&](uint64_t index, Elf64_Shdr* out) {
    return index < header.e_shnum && header.e_shoff <= file.size() &&
           load(file, header.e_shoff + index * sizeof(Elf64_Shdr), out);
  };
  Elf64_Shdr names, current, strings;
  if (!section(header.e_shstrndx, &names)) return facts;
  for (uint64_t i = 0; i < header.e_shnum && section(i, &current); ++i) {
    const auto name = text_at(file, names, current.sh_name);
    if (name == ".nv_fatbin" || name == ".nvFatBinSegment" || name == "__nv_relfatbin") facts.device_code = true;
    if (current.sh_type != SHT_DYNAMIC && current.sh_type != SHT_DYNSYM) continue;
    if (!section(current.sh_link, &strings)) continue;
    if (current.sh_type == SHT_DYNAMIC) read_dynamic(file, current, strings, &facts);
    else read_imports(file, current, strings, &facts);
  }
  return facts;
}

std::string refusal(const ElfFacts& facts, const std::string& program) {
  if (!facts.elf) return {};  // a script: what it starts decides
  std::string runtime;
  for (const auto& library : facts.needed)
    if (library.rfind("libcudart.so", 0) == 0) runtime = library;
  for (const auto& library : facts.needed)
    if (library.rfind("libcuda.so", 0) == 0)
      return program + " needs " + library + ": the driver API is not modelled; build it on the runtime API alone";
  if (runtime == "libcudart.so.13") return {};
  if (!runtime.empty())
    return program + " needs " + runtime + "; ptxvm stands in for libcudart.so.13: build it with CUDA 13";
  if (facts.device_code)
    return program +
           " has the CUDA runtime linked statically, so nothing can take its place: build it with\n"
           "  nvcc -cudart shared -gencode arch=compute_80,code=compute_80 ...\n"
           "(CMake: set CMAKE_CUDA_RUNTIME_LIBRARY to Shared)";
  const auto system = [](const std::string& library) {
    for (const char* prefix : {"libc.so", "libm.so", "libstdc++.so", "libgcc_s.so", "libpthread.so", "libdl.so",
                               "librt.so", "ld-linux", "libselinux.so"})
      if (library.rfind(prefix, 0) == 0) return true;
    return false;
  };
  // A library of the program's own may bring the CUDA runtime.
  if (facts.loads_libraries || !std::all_of(facts.needed.begin(), facts.needed.end(), system)) return {};
  return program +
         " has no device code and does not use the CUDA runtime; if it should, build it with\n"
         "  nvcc -cudart shared -gencode arch=compute_80,code=compute_80 ...";
}

std::string note(const ElfFacts& facts) {
  for (const auto& library : facts.needed)
    for (const char* prefix : {"libcublas.so", "libcudnn", "libcufft", "libcurand", "libcusolver", "libcusparse",
                               "libnccl", "libnpp", "libnvjpeg"})
      if (library.rfind(prefix, 0) == 0)
        return library + " holds machine code without PTX: what it should compute on the device fails here";
  return {};
}

}  // namespace ptxvm
