// ld, st, ldu, cvta, isspacep, prefetch and what else touches memory lane by lane.
#include "decode.h"
#include "exec.h"

namespace ptxvm {
namespace {

MemSpace stated_space(const Decoder& d) {
  for (size_t i = 1; i < d.in().parts.size(); ++i) {
    const auto p = d.part(i);
    if (p == "global") return MemSpace::kGlobal;
    if (p == "shared" || p == "shared::cta") return MemSpace::kShared;
    if (p == "local") return MemSpace::kLocal;
    if (p == "const") return MemSpace::kConst;
    if (p == "param" || p == "param::entry" || p == "param::func") return MemSpace::kParam;
    if (p == "shared::cluster") d.refuse("shared memory of a cluster");
  }
  return MemSpace::kGeneric;
}

// Modifiers that change no result here: one thread of the host runs a block, and blocks that may see each other run in
// order. The last one is the type.
bool harmless(std::string_view p) {
  return p == "weak" || p == "relaxed" || p == "acquire" || p == "release" || p == "volatile" || p == "mmio" ||
         p == "cta" || p == "gpu" || p == "sys" || p == "cluster" || p == "nc" || p == "ca" || p == "cg" || p == "cs" ||
         p == "lu" || p == "cv" || p == "wb" || p == "wt" || p == "unified" || p.starts_with("L1::") ||
         p.starts_with("L2::") || p.starts_with("level::") || p == "b128_scope";
}

uint32_t vector_length(const Decoder& d) {
  uint32_t n = 1;
  const auto& parts = d.in().parts;
  for (size_t i = 1; i + 1 < parts.size(); ++i) {
    const auto p = parts[i];
    if (p == "v2") n = 2;
    else if (p == "v4") n = 4;
    else if (p == "v8") n = 8;
    else if (!harmless(p) && p != "global" && !p.starts_with("shared") && p != "local" && p != "const" &&
             !p.starts_with("param"))
      d.refuse("the modifier ." + std::string(p));
  }
  return n;
}

int log2_of(uint32_t n) { return n == 16 ? 4 : n == 8 ? 3 : n == 4 ? 2 : n == 2 ? 1 : 0; }

// Handlers of kFrameParam stand in the table as kFrameParam; constants and generic addresses use the global ones.
int table_row(MemSpace space) {
  if (space == MemSpace::kShared || space == MemSpace::kLocal || space == MemSpace::kFrameParam)
    return static_cast<int>(space);
  return static_cast<int>(MemSpace::kGlobal);
}

void mark_serial(Decoder& d, MemSpace space, bool store) {
  if (space == MemSpace::kShared || space == MemSpace::kLocal || space == MemSpace::kConst) return;
  const bool wide = d.has("gpu") || d.has("sys") || d.has("volatile") || d.has("mmio");
  if (wide && (d.has("volatile") || d.has("mmio") || d.has("relaxed") || d.has(store ? "release" : "acquire")))
    d.program().serial = true;
}

void load(Decoder& d) {
  const uint32_t n = vector_length(d);
  const uint32_t bytes = bits_of_type(d.type()) / 8;
  if (bytes == 0) d.refuse("the type ." + std::string(d.type()));
  const auto& o = d.operand(0);
  std::vector<ptx::Operand> results;
  if (n == 1) results.push_back(o);
  else results = o.elements;
  if (results.size() != n) d.refuse("a vector of another length");
  // All elements of a vector have registers of one size; a sink takes that of the type.
  Size size = size_of_bytes(bytes);
  for (const auto& r : results)
    if (r.kind == ptx::OperandKind::kRegister) size = d.register_size(r);
  if (size == Size::kPred) d.refuse("a load into a predicate");
  std::vector<uint32_t> to;
  for (const auto& r : results) to.push_back(d.target(r, size));
  const uint32_t register_bytes = slot_bytes(size) / 32;
  if (register_bytes < bytes) d.refuse("a load into a narrower register");
  Inst& in = d.emit(exec::nothing);
  const MemSpace space = d.address(in, d.operand(1), stated_space(d));
  in.flags |= register_bytes << kRegBytesShift | (d.type()[0] == 's' ? kSignedLoad : 0u);
  in.more = d.list(to);
  in.d = to[0];
  mark_serial(d, space, false);
  if (space == MemSpace::kParam) {
    in.fn = exec::load_parameter;
    in.b = n;
    in.flags |= bytes << 24;
    return;
  }
  in.fn = mem_table().load[table_row(space)][log2_of(bytes)][log2_of(n)];
}

void store(Decoder& d) {
  const uint32_t n = vector_length(d);
  const uint32_t bytes = bits_of_type(d.type()) / 8;
  if (bytes == 0) d.refuse("the type ." + std::string(d.type()));
  const auto& o = d.operand(1);
  std::vector<ptx::Operand> values;
  if (n == 1) values.push_back(o);
  else values = o.elements;
  if (values.size() != n) d.refuse("a vector of another length");
  Size size = size_of_bytes(bytes);
  bool found = false;
  for (const auto& v : values)
    if (v.kind == ptx::OperandKind::kRegister) {
      if (found && d.register_size(v) != size) d.refuse("a vector of registers of different sizes");
      size = d.register_size(v), found = true;
    }
  if (size == Size::kPred || slot_bytes(size) / 32 < bytes) d.refuse("a store of a narrower register");
  std::vector<uint32_t> from;
  for (const auto& v : values) from.push_back(d.source(v, size));
  Inst& in = d.emit(exec::nothing);
  const MemSpace space = d.address(in, d.operand(0), stated_space(d));
  if (space == MemSpace::kParam || space == MemSpace::kConst) d.refuse("a store to a kernel's parameters or constants");
  in.flags |= (slot_bytes(size) / 32) << kRegBytesShift;
  in.more = d.list(from);
  in.d = from[0];
  mark_serial(d, space, true);
  in.fn = mem_table().store[table_row(space)][log2_of(bytes)][log2_of(n)];
}

uint64_t window_of(MemSpace space) {
  return space == MemSpace::kShared  ? kSharedWindow
         : space == MemSpace::kLocal ? kLocalWindow
         : space == MemSpace::kParam ? kParamWindow
                                     : 0;
}

// cvta.space d, a and cvta.to.space d, a. Global and constant addresses are generic ones already.
void convert_address(Decoder& d) {
  const MemSpace space = stated_space(d);
  const uint64_t window = window_of(space);
  if (d.type() != "u64") d.refuse("a 32-bit generic address");
  const uint32_t a = d.source(d.operand(1), Size::kDouble);
  const uint32_t t = d.target(d.operand(0), Size::kDouble);
  if (window == 0) {
    d.emit("mov.b64", "D=D", t, a);
    return;
  }
  Inst& in = d.emit(d.has("to") ? exec::to_space : exec::from_space);
  in.d = t, in.a = a, in.imm = window;
}

}  // namespace

void decode_memory(Decoder& d) {
  const auto name = d.part(0);
  if (name == "ld" || name == "ldu") return load(d);
  if (name == "st") return store(d);
  if (name == "cvta") return convert_address(d);
  if (name == "isspacep") {
    const uint32_t t = d.target(d.operand(0), Size::kPred);
    const Size size = d.register_size(d.operand(1));
    const uint32_t a = d.source(d.operand(1), size);
    const MemSpace space = stated_space(d);
    Inst& in = d.emit(exec::is_space);
    in.d = t, in.a = a, in.flags = size == Size::kDouble ? kAddress64 : 0;
    in.imm = space == MemSpace::kConst ? ~0ull << 32 : window_of(space);
    return;
  }
  if (name == "fence" || name == "membar") {
    if (d.has("gpu") || d.has("sys") || d.has("gl")) d.program().serial = true;
  }
  // prefetch, prefetchu, discard, applypriority, fence, membar, griddepcontrol: no result depends on them.
  d.emit(exec::nothing);
}

}  // namespace ptxvm
