// Special registers: %tid, %ctaid, %laneid, %clock, ...
#include "decode.h"
#include "exec.h"

namespace ptxvm {
namespace {

enum class Special : uint32_t {
  kTid,
  kTidY,
  kTidZ,
  kNtid,
  kNtidY,
  kNtidZ,
  kCtaid,
  kCtaidY,
  kCtaidZ,
  kNctaid,
  kNctaidY,
  kNctaidZ,
  kLane,
  kWarp,
  kWarps,
  kSm,
  kSms,
  kGrid,
  kLaneEq,
  kLaneLe,
  kLaneLt,
  kLaneGe,
  kLaneGt,
  kClock,
  kClockHigh,
  kClock64,
  kDynamicShared,
  kTotalShared,
  kReservedShared,
  kReservedEnd,
  kWorkspaceHigh,
  kWorkspaceLow,
  kOne,
  kZero,
};

constexpr std::pair<std::string_view, Special> kNames[] = {
    {"tid.x", Special::kTid},
    {"tid.y", Special::kTidY},
    {"tid.z", Special::kTidZ},
    {"ntid.x", Special::kNtid},
    {"ntid.y", Special::kNtidY},
    {"ntid.z", Special::kNtidZ},
    {"ctaid.x", Special::kCtaid},
    {"ctaid.y", Special::kCtaidY},
    {"ctaid.z", Special::kCtaidZ},
    {"nctaid.x", Special::kNctaid},
    {"nctaid.y", Special::kNctaidY},
    {"nctaid.z", Special::kNctaidZ},
    {"laneid", Special::kLane},
    {"warpid", Special::kWarp},
    {"nwarpid", Special::kWarps},
    {"smid", Special::kSm},
    {"nsmid", Special::kSms},
    {"gridid", Special::kGrid},
    {"lanemask_eq", Special::kLaneEq},
    {"lanemask_le", Special::kLaneLe},
    {"lanemask_lt", Special::kLaneLt},
    {"lanemask_ge", Special::kLaneGe},
    {"lanemask_gt", Special::kLaneGt},
    {"clock", Special::kClock},
    {"clock_hi", Special::kClockHigh},
    {"clock64", Special::kClock64},
    {"globaltimer", Special::kClock64},
    {"globaltimer_lo", Special::kClock},
    {"globaltimer_hi", Special::kClockHigh},
    {"dynamic_smem_size", Special::kDynamicShared},
    {"total_smem_size", Special::kTotalShared},
    {"aggr_smem_size", Special::kTotalShared},
    {"reserved_smem_offset_begin", Special::kReservedShared},
    {"reserved_smem_offset_end", Special::kReservedEnd},
    {"reserved_smem_offset_cap", Special::kReservedEnd},
    {"reserved_smem_offset_0", Special::kReservedShared},
    {"reserved_smem_offset_1", Special::kReservedShared},
    // Without clusters every block is one.
    {"clusterid.x", Special::kCtaid},
    {"clusterid.y", Special::kCtaidY},
    {"clusterid.z", Special::kCtaidZ},
    {"nclusterid.x", Special::kNctaid},
    {"nclusterid.y", Special::kNctaidY},
    {"nclusterid.z", Special::kNctaidZ},
    {"cluster_ctaid.x", Special::kZero},
    {"cluster_ctaid.y", Special::kZero},
    {"cluster_ctaid.z", Special::kZero},
    {"cluster_nctaid.x", Special::kOne},
    {"cluster_nctaid.y", Special::kOne},
    {"cluster_nctaid.z", Special::kOne},
    {"cluster_ctarank", Special::kZero},
    {"cluster_nctarank", Special::kOne},
    {"is_explicit_cluster", Special::kZero},
    // Where cooperative groups keep the barrier of the grid.
    {"envreg1", Special::kWorkspaceHigh},
    {"envreg2", Special::kWorkspaceLow},
    {"current_graph_exec", Special::kZero},
};

uint64_t value_of(Warp* w, Special s, uint32_t lane) {
  const Block& block = *w->block;
  const Launch& launch = *block.launch;
  const uint32_t number = static_cast<uint32_t>(s);
  if (s <= Special::kTidZ) return w->tid[number][lane];
  if (s <= Special::kNtidZ) return (&launch.block.x)[number - static_cast<uint32_t>(Special::kNtid)];
  if (s <= Special::kCtaidZ) return block.at[number - static_cast<uint32_t>(Special::kCtaid)];
  if (s <= Special::kNctaidZ) return (&launch.grid.x)[number - static_cast<uint32_t>(Special::kNctaid)];
  const uint32_t bit = 1u << lane;
  switch (s) {
    case Special::kLane: return lane;
    case Special::kWarp: return w->index;
    case Special::kWarps: return launch.warps;
    case Special::kSm: return block.index % static_cast<uint32_t>(launch.options->sms);
    case Special::kSms: return static_cast<uint32_t>(launch.options->sms);
    case Special::kGrid: return launch.id;
    case Special::kLaneEq: return bit;
    case Special::kLaneLe: return bit | (bit - 1);
    case Special::kLaneLt: return bit - 1;
    case Special::kLaneGe: return ~(bit - 1);
    case Special::kLaneGt: return ~(bit | (bit - 1));
    case Special::kClock: return static_cast<uint32_t>(w->count);
    case Special::kClockHigh: return w->count >> 32;
    case Special::kClock64: return w->count;
    case Special::kDynamicShared: return launch.dynamic_bytes;
    case Special::kTotalShared: return launch.shared_bytes;
    case Special::kReservedShared: return kReservedShared;
    case Special::kReservedEnd: return kReservedShared + launch.options->arch->shared_reserved;
    case Special::kWorkspaceHigh: return launch.workspace >> 32;
    case Special::kWorkspaceLow: return static_cast<uint32_t>(launch.workspace);
    case Special::kOne: return 1;
    default: return 0;
  }
}

}  // namespace

namespace exec {

const Inst* special(Warp* w, const Inst* in) {
  const auto s = static_cast<Special>(in->imm);
  ++w->count;  // so that a clock never stands still
  for (const uint32_t i : Lanes{w->mask}) {
    const uint64_t value = value_of(w, s, i);
    if (in->flags == 8) reg<uint64_t>(w, in->d)[i] = value;
    else if (in->flags == 4) reg<uint32_t>(w, in->d)[i] = static_cast<uint32_t>(value);
    else reg<uint16_t>(w, in->d)[i] = static_cast<uint16_t>(value);
  }
  return in + 1;
}

}  // namespace exec

void read_special(Decoder& d, std::string_view name, Size size, uint32_t target) {
  for (const auto& [word, special] : kNames) {
    if (word != name) continue;
    if (size == Size::kPred) {
      d.emit("mov.pred", "P=P", target, d.constant_mask(false));
      return;
    }
    Inst& in = d.emit(exec::special);
    in.d = target;
    in.imm = static_cast<uint64_t>(special);
    in.flags = slot_bytes(size) / 32;
    return;
  }
  d.refuse("the special register %" + std::string(name));
}

}  // namespace ptxvm
