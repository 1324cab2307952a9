// A variant: one algorithm that fulfils an op's contract. Plain data and function pointers; registered by a static
// object. Adding one edits no existing file.
#pragma once
#include <cstdarg>

#include "glimpse/core/context.h"
#include "glimpse/core/cost.h"
#include "glimpse/core/tensor.h"
#include "glimpse/core/weight.h"

namespace glimpse {

enum class Role : uint8_t { in, out, inout };

// Why a variant cannot take these arguments here: one sentence with the offending number in it.
struct Reason {
  char text[192] = "";
  // Fills the sentence; returns true, so that `return reason.set(...)` rejects.
  bool set(const char* format, ...) __attribute__((format(printf, 2, 3)));
};

template <class Args> struct Variant {
  const char* name;                   // the file's stem: <algorithm>[_<arch or ISA>]
  Device device = Device::cpu;        // any: made only of other ops
  Arch arch = {};                     // CUDA
  uint32_t isa = 0;                   // CPU: Isa bits it needs
  int priority = 0;                   // auto takes the highest that does not reject; negative: never by itself
  bool deterministic = true;          // same bits every run, any thread count, any batch neighbour
  void (*run)(const Args&, Context&) = nullptr;
  bool (*reject)(const Args&, const DeviceInfo&, Reason&) = nullptr;  // null: takes everything; true: rejected
  size_t (*workspace)(const Args&, Context&) = nullptr;               // bytes; null: none
  const char* file = "";
};

// Defined only by the op's ref.cpp (GLIMPSE_OP): an op without an oracle does not link.
template <class Args> bool add(const Variant<Args>& variant);

// Bytes an inner op would take, for the workspace function of `split` variants (defined by the op's ref.cpp).
template <class Args> size_t workspace_of(const Args& args, Context& ctx, const char* inner_site);
// Runs an inner op at "<site>/<inner_site>" through the caller's plan.
template <class Args> void run_inner(const Args& args, Context& ctx, const char* inner_site);

}  // namespace glimpse

#define GLIMPSE_JOIN2(a, b) a##b
#define GLIMPSE_JOIN(a, b) GLIMPSE_JOIN2(a, b)
#define GLIMPSE_VARIANT(Args, ...)                                     \
  [[maybe_unused]] static const bool GLIMPSE_JOIN(added_, __COUNTER__) = \
      ::glimpse::add<Args>(::glimpse::Variant<Args>{__VA_ARGS__, .file = __FILE__})
