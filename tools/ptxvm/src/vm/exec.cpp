// Scheduling: the splits of a warp, the warps of a block.
#include "exec.h"

#include <algorithm>

namespace ptxvm {
namespace {

constexpr uint32_t kSlice = 512;  // backward branches before others get their turn

void save(Warp* w) {
  Split& s = w->split[w->current];
  s.pc = w->pc;
  s.registers = w->base[0];
  s.mask = w->mask;
  s.local = w->local;
  s.depth = w->depth;
}

void load(Warp* w, uint32_t index) {
  const Split& s = w->split[index];
  w->current = index;
  w->pc = s.pc;
  w->base[0] = s.registers;
  w->mask = s.mask;
  w->local = s.local;
  w->depth = s.depth;
  // Others that wait further on in the same frame: look for merging there.
  w->limit = nullptr;
  for (uint32_t i = 0; i < w->splits; ++i) {
    const Split& other = w->split[i];
    if (i == index || other.registers != s.registers || other.wait == Wait::kBarrier) continue;
    if (other.pc > s.pc && (!w->limit || other.pc < w->limit)) w->limit = other.pc;
  }
}

void merge_splits(Warp* w) {
  for (uint32_t i = 0; i < w->splits; ++i) {
    Split& s = w->split[i];
    for (uint32_t j = i + 1; j < w->splits && s.wait != Wait::kBarrier;) {
      Split& t = w->split[j];
      if (t.wait == Wait::kBarrier || t.pc != s.pc || t.registers != s.registers) {
        ++j;
        continue;
      }
      s.mask |= t.mask;
      s.wait = Wait::kReady;
      if (w->current == j) w->current = i;
      t = w->split[--w->splits];
      if (w->current == w->splits) w->current = j;
    }
  }
  uint32_t kept = 0;
  for (uint32_t i = 0; i < w->splits; ++i)
    if (w->split[i].mask != 0) {
      if (w->current == i) w->current = kept;
      w->split[kept++] = w->split[i];
    }
  w->splits = kept;
}

constexpr uint32_t kTurn = 256;  // choices for which a split stays preferred after another has yielded to it

// After a yield another split has its turn, by the numbers of the lanes: none is passed over for ever.
void next_turn(Warp* w) {
  w->turn = 0;
  for (uint32_t k = 1; k <= 32; ++k) {
    const uint32_t lane = (w->turn_lane + k) % 32;
    for (uint32_t i = 0; i < w->splits; ++i) {
      const Split& s = w->split[i];
      if (i == w->current || s.wait != Wait::kReady || (s.mask >> lane & 1) == 0) continue;
      w->turn = s.mask, w->turn_left = kTurn, w->turn_lane = lane;
      return;
    }
  }
}

// Chooses the split that runs: the deepest call, then the lowest pc; among those whose turn it is, if there are any.
bool select(Warp* w, bool yielded) {
  merge_splits(w);
  if (yielded) next_turn(w);
  if (w->turn != 0 && w->turn_left-- == 0) w->turn = 0;
  for (;;) {
    uint32_t best = w->splits;
    for (uint32_t i = 0; i < w->splits; ++i) {
      const Split& s = w->split[i];
      if (s.wait != Wait::kReady || (w->turn != 0 && (s.mask & w->turn) == 0)) continue;
      const Split& b = w->split[best == w->splits ? i : best];
      if (s.depth > b.depth || (s.depth == b.depth && s.pc <= b.pc)) best = i;
    }
    if (best != w->splits) return load(w, best), true;
    if (w->turn == 0) return false;
    w->turn = 0;
  }
}

// The same loop with a look at every instruction.
const Inst* run_slowly(Warp* w, const Inst* in, const Inst* stop_at, uint64_t* n) {
  do {
    ++*n;
    const Inst* const at = in;
    const uint32_t mask = w->mask;
    in = in->fn(w, in);
    if (w->stop != Stop::kError && !after_instruction(w, at, mask)) return nullptr;
  } while (in != stop_at && in != nullptr);
  return in;
}

enum class Ran { kDone, kBlocked, kYielded, kFailed };

Ran run_warp(Warp* w, uint64_t limit) {
  if (!select(w, w->stop == Stop::kYield)) return w->splits == 0 ? Ran::kDone : Ran::kBlocked;
  w->slice = kSlice;
  for (;;) {
    const Inst* in = w->pc;
    const Inst* const stop_at = w->limit;
    const uint32_t lanes = std::popcount(w->mask);
    uint64_t n = 0;
    w->stop = Stop::kNone;
    if (w->block->launch->debug != nullptr) {
      in = run_slowly(w, in, stop_at, &n);
    } else do {
        ++n;
        in = in->fn(w, in);
      } while (in != stop_at && in != nullptr);
    w->count += n;
    w->thread_count += n * lanes;
    if (in != nullptr) w->pc = in;
    if (w->stop == Stop::kError) return Ran::kFailed;
    save(w);
    if (limit != 0 && w->count > limit) {
      fail(w, w->pc, Status::kLaunchTimeout, "the launch ran more instructions than --instructions allows");
      return Ran::kFailed;
    }
    if (w->stop == Stop::kYield) return Ran::kYielded;
    if (!select(w, false)) return w->splits == 0 ? Ran::kDone : Ran::kBlocked;
  }
}

// Nothing can run any more although threads are left.
void deadlock(Block& block) {
  std::string text = "deadlock: no thread of the block can go on";
  for (auto& w : block.warps)
    for (uint32_t i = 0; i < w.splits; ++i) {
      const Split& s = w.split[i];
      const Inst* at = s.wait == Wait::kBarrier ? s.barrier_at : s.pc;
      text += "\n    warp " + std::to_string(w.index) + ", " + std::to_string(std::popcount(s.mask)) +
              " threads from " + position(&w, first_lane(s.mask)) + " wait at " + where(&w, at, first_lane(s.mask));
    }
  for (auto& w : block.warps)
    if (w.splits != 0) {
      w.mask = w.split[0].mask;
      const Split& s = w.split[0];
      fail(&w, s.wait == Wait::kBarrier ? s.barrier_at : s.pc, Status::kLaunchTimeout, text);
      return;
    }
}

}  // namespace

BlockState run_block(Block& block) {
  const uint32_t warps = static_cast<uint32_t>(block.warps.size());
  const uint64_t limit = block.launch->limit;
  for (;;) {
    bool any = false, yielded = false, left = false;
    for (uint32_t k = 0; k < warps; ++k) {
      Warp& w = block.warps[k];
      if (w.splits == 0) continue;
      const uint64_t before = w.count;
      switch (run_warp(&w, limit)) {
        case Ran::kFailed: return BlockState::kFailed;
        case Ran::kYielded: yielded = true; break;
        default: any |= w.count != before; break;
      }
      left |= w.splits != 0;
    }
    if (!left) return BlockState::kDone;
    if (any) continue;
    if (yielded) return BlockState::kYielded;
    deadlock(block);
    return BlockState::kFailed;
  }
}

bool gather(Warp* w, const Inst* in, const uint32_t* members, const Inst** next) {
  uint32_t ready = 0, wanted = 0;
  for (const uint32_t i : Lanes{w->mask}) {
    if ((members[i] & w->alive & ~w->mask) == 0) ready |= 1u << i;
    else wanted |= members[i] & w->alive;
  }
  if (ready == w->mask) return true;
  Split& here = w->split[w->current];
  if (ready == 0) {
    here.wait = Wait::kWarpSync;
    here.wait_mask = wanted;
    *next = reschedule(w, in);
    return false;
  }
  // Those that are complete go first; the others wait here.
  Split& waiting = w->split[w->splits++];
  waiting = here;
  waiting.pc = in;
  waiting.registers = w->base[0];
  waiting.mask = w->mask & ~ready;
  waiting.local = w->local;
  waiting.depth = w->depth;
  waiting.wait = Wait::kWarpSync;
  waiting.wait_mask = wanted;
  w->mask = ready;
  return true;
}

}  // namespace ptxvm
