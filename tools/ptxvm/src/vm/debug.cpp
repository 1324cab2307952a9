// --trace KERNEL[:block[:thread]] and --break-on-nan.
#include <cmath>

#include "exec.h"

namespace ptxvm {
namespace {

bool is_nan_at(const Warp* w, const RegisterRef& r, std::string_view type, uint32_t lane) {
  const std::byte* at = w->base[0] + r.slot + lane * r.bytes;
  if (type.ends_with(".f32") && r.bytes == 4) {
    float x;
    std::memcpy(&x, at, 4);
    return std::isnan(x);
  }
  if (type.ends_with(".f64") && r.bytes == 8) {
    double x;
    std::memcpy(&x, at, 8);
    return std::isnan(x);
  }
  uint32_t bits = 0;
  std::memcpy(&bits, at, std::min<uint32_t>(r.bytes, 4));
  const uint32_t infinity = type.ends_with(".bf16") || type.ends_with(".bf16x2") ? 0x7f80 : 0x7c00;
  const bool half = type.ends_with("f16"), pair = type.ends_with("f16x2");
  return ((half || pair) && (bits & 0x7fff) > infinity) || (pair && (bits >> 16 & 0x7fff) > infinity);
}

// Loads and moves only carry a NaN on.
bool makes_nan(const Warp* w, const Source& s, uint32_t lane) {
  if (!s.writes_first || s.registers.empty() || !is_nan_at(w, s.registers[0], s.text, lane)) return false;
  return !s.text.starts_with("mov") && !s.text.starts_with("ld");
}

}  // namespace

bool wanted_debug(const Options& options, const std::string& kernel, Debug* debug) {
  debug->nan = options.break_on_nan;
  if (!options.trace.empty()) {
    std::string rest = options.trace;
    const auto cut = [&]() -> std::string {
      const size_t colon = std::min(rest.find(':'), rest.size());
      const std::string part = rest.substr(0, colon);
      rest.erase(0, std::min(colon + 1, rest.size()));
      return part;
    };
    const std::string name = cut(), block = cut(), thread = cut();
    const std::string readable = demangled(kernel);
    debug->trace = name == kernel || name == readable || name == readable.substr(0, readable.find_first_of("<("));
    if (!block.empty()) debug->block = std::stoll(block);
    if (!thread.empty()) debug->thread = std::stoll(thread);
  }
  return debug->nan || debug->trace;
}

bool after_instruction(Warp* w, const Inst* in, uint32_t mask) {
  const Debug& debug = *w->block->launch->debug;
  const Source& source = program_of(w).sources[in->source];
  if (debug.trace && (debug.block < 0 || debug.block == static_cast<int64_t>(w->block->index)))
    for (const uint32_t lane : Lanes{mask}) {
      const int64_t thread = int64_t{w->index} * 32 + lane;
      if (debug.thread >= 0 && debug.thread != thread) continue;
      w->block->trace += position(w, static_cast<int>(lane)) + " " + where(w, in, 0) + "  " +
                         register_values(w, source, static_cast<int>(lane)) + "\n";
    }
  if (debug.nan)
    for (const uint32_t lane : Lanes{mask})
      if (makes_nan(w, source, lane)) {
        fail(w, in, Status::kLaunchFailure, "a NaN was made", static_cast<int>(lane));
        return false;
      }
  return true;
}

}  // namespace ptxvm
