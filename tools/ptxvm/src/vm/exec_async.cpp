// cp.async: the source is read when the copy is issued, the destination written when its thread waits for it, so that
// a missing wait shows. Both are orders that PTX allows.
#include "async.h"
#include "decode.h"

namespace ptxvm {
namespace {

struct Copy {
  uint32_t bytes;
  uint32_t source_bytes;  // operand, or kNoOperand: all
  uint32_t ignore;        // predicate operand: true copies zeros
  Inst from;              // the source's address
};

AsyncCopies& copies_of(Warp* w) { return w->block->async[w->index]; }

void complete(Block& block, AsyncEntry& entry, uint32_t lanes) {
  for (const uint32_t i : Lanes{entry.mask & lanes}) {
    if (entry.bytes == 0) {
      Barrier64 b;
      std::memcpy(&b, entry.to[i], sizeof b);
      arrive(b, 1);
      std::memcpy(entry.to[i], &b, sizeof b);
      --block.async_arrivals;
      continue;
    }
    std::memcpy(entry.to[i], entry.data[i], entry.bytes);
    mark_shared(block, entry.to[i], entry.bytes, true);
  }
  entry.mask &= ~lanes;
}

void drop_completed(AsyncCopies& copies) {
  std::erase_if(copies.entries, [](const AsyncEntry& entry) { return entry.mask == 0; });
}

// A copy, or with 0 bytes an arrival, of the active lanes.
AsyncEntry& add(Warp* w, uint32_t bytes, std::byte* const* to) {
  auto& copies = copies_of(w);
  constexpr size_t kMost = 4096;  // of a kernel that never waits the oldest are completed
  if (copies.entries.size() >= kMost) {
    for (size_t i = 0; i < kMost / 2; ++i) complete(*w->block, copies.entries[i], ~0u);
    drop_completed(copies);
  }
  AsyncEntry& entry = copies.entries.emplace_back();
  entry.mask = w->mask, entry.bytes = bytes;
  std::copy_n(copies.groups, 32, entry.group);
  for (const uint32_t i : Lanes{w->mask}) entry.to[i] = to[i];
  return entry;
}

}  // namespace

void arrive_after_copies(Warp* w, std::byte* const* barrier) {
  add(w, 0, barrier);
  w->block->async_arrivals += static_cast<uint32_t>(std::popcount(w->mask));
}

void finish_arrivals(Block& block, const std::byte* barrier) {
  if (block.async_arrivals == 0) return;
  for (auto& copies : block.async) {
    uint32_t later = 0;  // lanes with such an arrival further on: what comes before it is complete too
    for (size_t i = copies.entries.size(); i-- > 0;) {
      auto& entry = copies.entries[i];
      for (const uint32_t lane : Lanes{entry.bytes == 0 ? entry.mask : 0})
        if (entry.to[lane] == barrier) later |= 1u << lane;
      complete(block, entry, later);
    }
    drop_completed(copies);
  }
}

namespace exec {

const Inst* copy_async(Warp* w, const Inst* in) {
  const auto& copy = *static_cast<const Copy*>(in->info);
  uint64_t address[32], source_address[32];
  std::byte *to[32], *from[32];
  if (!lane_pointers(w, in, copy.bytes, true, address, to)) return nullptr;
  // A source that is not read needs no valid address.
  const uint32_t all = w->mask;
  uint32_t reads = all, size[32];
  for (const uint32_t i : Lanes{all}) {
    size[i] =
        copy.source_bytes == kNoOperand ? copy.bytes : std::min(reg<uint32_t>(w, copy.source_bytes)[i], copy.bytes);
    if (copy.ignore != kNoOperand && (lanes::predicate(w, copy.ignore) >> i & 1) != 0) size[i] = 0;
    if (size[i] == 0) reads &= ~(1u << i);
  }
  Inst source = copy.from;
  source.source = in->source;
  w->mask = reads;
  const bool partial = copy.source_bytes != kNoOperand;
  lane_addresses(w, &source, source_address);
  bool good = true;
  if (reads != 0) {
    // With fewer bytes than the copy has only those are read; the address is aligned to the whole all the same.
    good = ptxvm_resolve(w, &source, source_address, from, partial ? 1 : copy.bytes);
    for (const uint32_t i : Lanes{good && w->check != 0 ? reads : 0}) {
      w->mask = 1u << i;
      good = good && ptxvm_check(w, &source, source_address, from, size[i], false);
    }
    w->mask = reads;
    for (const uint32_t i : Lanes{good ? reads : 0})
      if (source_address[i] % copy.bytes != 0) {
        fail(w, in, Status::kMisalignedAddress,
             "cp.async: the source's address is not a multiple of " + std::to_string(copy.bytes), static_cast<int>(i));
        good = false;
        break;
      }
  }
  w->mask = all;
  if (!good) return nullptr;
  AsyncEntry& entry = add(w, copy.bytes, to);
  for (const uint32_t i : Lanes{all}) {
    if (size[i] != 0) std::memcpy(entry.data[i], from[i], size[i]);
    std::memset(entry.data[i] + size[i], 0, copy.bytes - size[i]);
    mark_shared(*w->block, to[i], copy.bytes, false);
  }
  return in + 1;
}

const Inst* commit_copies(Warp* w, const Inst* in) {
  for (const uint32_t i : Lanes{w->mask}) ++copies_of(w).groups[i];
  return in + 1;
}

// Completes all groups of the active lanes but the last imm ones.
const Inst* wait_copies(Warp* w, const Inst* in) {
  auto& copies = copies_of(w);
  for (auto& entry : copies.entries) {
    uint32_t done = 0;
    for (const uint32_t i : Lanes{entry.bytes == 0 ? 0 : entry.mask & w->mask})
      if (copies.groups[i] - entry.group[i] > in->imm) done |= 1u << i;
    complete(*w->block, entry, done);
  }
  drop_completed(copies);
  return in + 1;
}

}  // namespace exec

namespace {

// cp.async.ca.shared.global{.L2::..} [dst], [src], bytes{, src_bytes | ignore}{, policy}
void copy(Decoder& d) {
  const auto& parts = d.in().parts;
  for (const auto p : parts)
    if (p == "bulk" || p == "tensor" || p == "reduce") d.refuse("bulk copies");
  Copy c{0, kNoOperand, kNoOperand, {}};
  if (d.operand(2).kind != ptx::OperandKind::kInt) d.refuse("a size that is no number");
  c.bytes = static_cast<uint32_t>(d.operand(2).value);
  if (c.bytes != 4 && c.bytes != 8 && c.bytes != 16) d.refuse("the size");
  const bool policy = d.has("L2::cache_hint");
  if (d.operands() > 3 + (policy ? 1u : 0u)) {
    const auto& o = d.operand(3);
    if (o.kind == ptx::OperandKind::kRegister && d.register_size(o) == Size::kPred) c.ignore = d.predicate(o);
    else c.source_bytes = d.source(o, Size::kWord);
  }
  d.address(c.from, d.operand(1), MemSpace::kGlobal);
  Inst& in = d.emit(exec::copy_async);
  d.address(in, d.operand(0), MemSpace::kShared);
  in.info = d.own(c);
}

}  // namespace

void decode_async(Decoder& d) {
  const auto form = d.part(2);
  if (form == "ca" || form == "cg") return copy(d);
  if (form == "commit_group" || form == "wait_all") d.emit(exec::commit_copies);
  if (form == "wait_all") d.emit(exec::wait_copies);
  if (form == "wait_group") {
    if (d.operand(0).kind != ptx::OperandKind::kInt) d.refuse("a count that is no number");
    d.emit(exec::wait_copies).imm = d.operand(0).value;
  }
  if (form == "commit_group" || form == "wait_all" || form == "wait_group") return;
  if (form != "mbarrier") d.refuse("the form");
  decode_mbarrier(d);
}

}  // namespace ptxvm
