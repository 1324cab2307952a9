// Addresses of every state space, what is wrong with them, and the loads that are not SIMD (parameters).
#include <algorithm>
#include <cinttypes>

#include "exec.h"

namespace ptxvm {
namespace {

constexpr const char* kSpaceName[] = {"generic", "global", "shared", "local", "constant", "parameter", "local"};

MemSpace space_of(const Inst* in) { return static_cast<MemSpace>(in->flags >> kSpaceShift & 0xf); }

std::string hex(uint64_t value) {
  char text[32];
  std::snprintf(text, sizeof text, "0x%" PRIx64, value);
  return text;
}

// What lies at or before a device address, in words.
std::string neighbour(const Warp* w, uint64_t address, uint32_t bytes) {
  const auto& memory = *w->block->launch->memory;
  if (address - kSharedWindow < kWindowBytes)
    return "it is a shared-memory address beyond the block's " + std::to_string(w->shared_size) + " bytes";
  if (address - kLocalWindow < kWindowBytes)
    return "it is an address beyond the thread's " + std::to_string(w->local_size) + " bytes of local memory";
  return memory.describe(address, bytes);
}

struct Lookup {
  std::byte* host = nullptr;
  Status status = Status::kIllegalAddress;
};

// Shared memory: the block's, and the part reserved for the system behind it.
Lookup shared(const Warp* w, uint64_t offset, uint32_t bytes) {
  const Launch& launch = *w->block->launch;
  if (offset + bytes <= w->shared_size) return {w->shared + offset};
  const uint64_t reserved = offset - kReservedShared;
  if (reserved <= launch.options->arch->shared_reserved - bytes) return {w->shared + launch.reserved_at + reserved};
  return {};
}

Lookup window(const Warp* w, int lane, uint64_t address, uint32_t bytes) {
  const uint64_t offset = address & (kWindowBytes - 1);
  if (address - kSharedWindow < kWindowBytes) {
    return shared(w, offset, bytes);
  } else if (address - kLocalWindow < kWindowBytes) {
    if (offset + bytes <= w->local_size) return {w->locals + lane * w->local_stride + offset};
  } else if (address - kParamWindow < kWindowBytes) {
    if (offset + bytes <= w->parameter_bytes) return {const_cast<std::byte*>(w->parameters) + offset};
  }
  return {};
}

Lookup look_up(const Warp* w, int lane, MemSpace space, uint64_t address, uint32_t bytes) {
  if ((address & (bytes - 1)) != 0) return {nullptr, Status::kMisalignedAddress};
  switch (space) {
    case MemSpace::kShared: return shared(w, address, bytes);
    case MemSpace::kLocal:
    case MemSpace::kFrameParam:
      return address + bytes <= w->local_size ? Lookup{w->locals + lane * w->local_stride + address} : Lookup{};
    default: break;
  }
  if (address - w->reservation < w->reservation_size - 64) return {reinterpret_cast<std::byte*>(address + w->delta)};
  if (space == MemSpace::kGeneric)
    if (const auto found = window(w, lane, address, bytes); found.host) return found;
  Allocation a;
  if (w->block->launch->memory->find(address, &a) && address - a.address + bytes <= a.size)
    return {reinterpret_cast<std::byte*>(address)};
  return {};
}

}  // namespace

void bad_address(Warp* w, const Inst* in, int lane, Status status, uint64_t address, uint32_t bytes) {
  const MemSpace space = space_of(in);
  std::string text;
  if (status == Status::kMisalignedAddress) {
    text = "misaligned address " + hex(address) + ": " + std::to_string(bytes) + " bytes are accessed at once";
  } else {
    text = std::string(kSpaceName[static_cast<int>(space)]) + " access of " + std::to_string(bytes) + " bytes at " +
           hex(address) + " is out of bounds: ";
    if (space == MemSpace::kShared)
      text += "the block has " + std::to_string(w->shared_size) + " bytes of shared memory";
    else if (space == MemSpace::kLocal || space == MemSpace::kFrameParam)
      text += "the thread has " + std::to_string(w->local_size) + " bytes of local memory";
    else text += neighbour(w, address, bytes);
  }
  fail(w, in, status, text, lane);
}

void lane_addresses(const Warp* w, const Inst* in, uint64_t* address) {
  Warp* m = const_cast<Warp*>(w);
  for (uint32_t i = 0; i < 32; ++i) {
    if ((in->flags & kAddressNone) != 0) address[i] = in->imm;
    else if ((in->flags & kAddress64) != 0) address[i] = reg<uint64_t>(m, in->a)[i] + in->imm;
    else address[i] = static_cast<uint32_t>(reg<uint32_t>(m, in->a)[i] + static_cast<uint32_t>(in->imm));
    const MemSpace space = space_of(in);
    if (space == MemSpace::kLocal || space == MemSpace::kFrameParam) address[i] &= kWindowBytes - 1;
    if (space == MemSpace::kFrameParam) address[i] += w->local;
  }
}

bool lane_pointers(Warp* w, const Inst* in, uint32_t bytes, bool store, uint64_t* address, std::byte** p) {
  lane_addresses(w, in, address);
  if (!ptxvm_resolve(w, in, address, p, bytes)) return false;
  return w->check == 0 || ptxvm_check(w, in, address, p, bytes, store);
}

namespace exec {

const Inst* load_parameter(Warp* w, const Inst* in) {
  uint64_t address[32];
  lane_addresses(w, in, address);
  const uint32_t bytes = in->flags >> 24 & 0xff, count = in->b, to = in->flags >> kRegBytesShift & 0xff;
  for (uint32_t k = 0; k < count; ++k) {
    const uint32_t operand = in->more[k];
    for (const uint32_t i : Lanes{w->mask}) {
      const uint64_t at = (address[i] & (kWindowBytes - 1)) + k * bytes;
      if (at + bytes > w->parameter_bytes || at % bytes != 0)
        return fail(w, in, at % bytes ? Status::kMisalignedAddress : Status::kIllegalAddress,
                    "parameter access of " + std::to_string(bytes) + " bytes at " + std::to_string(at) + " of " +
                        std::to_string(w->parameter_bytes) + " is out of bounds or misaligned",
                    static_cast<int>(i));
      uint64_t value[2] = {0, 0};
      std::memcpy(value, w->parameters + at, bytes);
      if ((in->flags & kSignedLoad) != 0 && bytes < 8)
        value[0] = static_cast<uint64_t>(static_cast<int64_t>(value[0] << (64 - 8 * bytes)) >> (64 - 8 * bytes));
      std::memcpy(w->base[0] + operand + i * to, value, to);
    }
  }
  return in + 1;
}

const Inst* is_space(Warp* w, const Inst* in) {
  const uint64_t window = in->imm;
  uint32_t yes = 0;
  for (const uint32_t i : Lanes{w->mask}) {
    const uint64_t a = (in->flags & kAddress64) != 0 ? reg<uint64_t>(w, in->a)[i] : reg<uint32_t>(w, in->a)[i];
    bool is = a - window < kWindowBytes;
    if (window == 0) is = a - kSharedWindow >= kWindowBytes && a - kLocalWindow >= kWindowBytes;
    yes |= is ? 1u << i : 0u;
  }
  uint32_t& d = lanes::predicate(w, in->d);
  d = (d & ~w->mask) | yes;
  return in + 1;
}

// cvta: adds the window to an offset in the space, or takes it off.
const Inst* from_space(Warp* w, const Inst* in) {
  for (const uint32_t i : Lanes{w->mask})
    reg<uint64_t>(w, in->d)[i] = (reg<uint64_t>(w, in->a)[i] & (kWindowBytes - 1)) | in->imm;
  return in + 1;
}
const Inst* to_space(Warp* w, const Inst* in) {
  for (const uint32_t i : Lanes{w->mask}) reg<uint64_t>(w, in->d)[i] = reg<uint64_t>(w, in->a)[i] & (kWindowBytes - 1);
  return in + 1;
}

}  // namespace exec
}  // namespace ptxvm

extern "C" bool ptxvm_resolve(void* warp, const void* inst, const uint64_t* address, std::byte** pointer,
                              uint32_t bytes) {
  using namespace ptxvm;
  auto* w = static_cast<Warp*>(warp);
  const auto* in = static_cast<const Inst*>(inst);
  const MemSpace space = space_of(in);
  for (const uint32_t i : Lanes{w->mask}) {
    const auto found = look_up(w, static_cast<int>(i), space, address[i], bytes);
    if (!found.host) return bad_address(w, in, static_cast<int>(i), found.status, address[i], bytes), false;
    pointer[i] = found.host;
  }
  return true;
}
