// Instructions in which the lanes of a warp see each other: shfl, vote, match, redux, activemask, elect.
#include "decode.h"
#include "exec.h"

namespace ptxvm {
namespace {

enum class Mode : uint32_t { kUp, kDown, kBfly, kIdx, kAll, kAny, kUni, kBallot, kAdd, kMin, kMax, kAnd, kOr, kXor };

Mode mode(const Inst* in) { return static_cast<Mode>(in->imm & 0xff); }

// Calls f(lanes) for each set of active lanes that have the same member mask.
template <class F>
void each_group(const Warp* w, const uint32_t* member, F f) {
  for (uint32_t left = w->mask; left != 0;) {
    const uint32_t mask = member[first_lane(left)];
    uint32_t same = 0;
    for (const uint32_t i : Lanes{left}) same |= member[i] == mask ? 1u << i : 0u;
    left &= ~same;
    f(same);
  }
}

void set_predicate(Warp* w, uint32_t operand, uint32_t lanes_set, uint32_t value) {
  if (operand == kNoOperand) return;
  uint32_t& p = lanes::predicate(w, operand);
  p = (p & ~lanes_set) | (value & lanes_set);
}

bool ready(Warp* w, const Inst* in, const uint32_t* member, const Inst** next) {
  *next = nullptr;
  return check_members(w, in, member) && gather(w, in, member, next);
}

uint32_t reduce(Mode m, bool is_signed, uint32_t a, uint32_t b) {
  switch (m) {
    case Mode::kAdd: return a + b;
    case Mode::kMin: return is_signed ? uint32_t(std::min(int32_t(a), int32_t(b))) : std::min(a, b);
    case Mode::kMax: return is_signed ? uint32_t(std::max(int32_t(a), int32_t(b))) : std::max(a, b);
    case Mode::kAnd: return a & b;
    case Mode::kOr: return a | b;
    default: return a ^ b;
  }
}

}  // namespace

bool check_members(Warp* w, const Inst* in, const uint32_t* member) {
  for (const uint32_t i : Lanes{w->mask})
    if ((member[i] >> i & 1) == 0) {
      fail(w, in, Status::kIllegalInstruction, "the thread is not in its own member mask", static_cast<int>(i));
      return false;
    }
  return true;
}

namespace exec {

const Inst* shuffle(Warp* w, const Inst* in) {
  const uint32_t* member = reg<uint32_t>(w, in->more[0]);
  const Inst* next;
  if (!ready(w, in, member, &next)) return next;
  const uint32_t *a = reg<uint32_t>(w, in->a), *b = reg<uint32_t>(w, in->b), *c = reg<uint32_t>(w, in->c);
  uint32_t result[32], inside = 0;
  for (const uint32_t i : Lanes{w->mask}) {
    const uint32_t segment = c[i] >> 8 & 31, clamp = c[i] & 31, amount = b[i] & 31;
    const int lane = static_cast<int>(i), low = static_cast<int>(i & segment);
    const int high = low | static_cast<int>(clamp & ~segment);
    int from = lane;
    bool in_range = false;
    switch (mode(in)) {
      case Mode::kUp: from = lane - static_cast<int>(amount), in_range = from >= high; break;
      case Mode::kDown: from = lane + static_cast<int>(amount), in_range = from <= high; break;
      case Mode::kBfly: from = lane ^ static_cast<int>(amount), in_range = from <= high; break;
      default: from = low | static_cast<int>(amount & ~segment), in_range = from <= high; break;
    }
    if (!in_range) from = lane;
    inside |= in_range ? 1u << i : 0u;
    result[i] = a[from & 31];
  }
  uint32_t* d = reg<uint32_t>(w, in->d);
  for (const uint32_t i : Lanes{w->mask}) d[i] = result[i];
  set_predicate(w, in->more[1], w->mask, inside);
  return in + 1;
}

const Inst* vote(Warp* w, const Inst* in) {
  const uint32_t* member = reg<uint32_t>(w, in->more[0]);
  const Inst* next;
  if (!ready(w, in, member, &next)) return next;
  const uint32_t p = lanes::predicate(w, in->a);
  each_group(w, member, [&](uint32_t group) {
    const uint32_t yes = p & group;
    if (mode(in) == Mode::kBallot) {
      uint32_t* d = reg<uint32_t>(w, in->d);
      for (const uint32_t i : Lanes{group}) d[i] = yes;
      return;
    }
    const bool result = mode(in) == Mode::kAll   ? yes == group
                        : mode(in) == Mode::kAny ? yes != 0
                                                 : yes == group || yes == 0;
    set_predicate(w, in->d, group, result ? ~0u : 0u);
  });
  return in + 1;
}

const Inst* match(Warp* w, const Inst* in) {
  const uint32_t* member = reg<uint32_t>(w, in->more[0]);
  const Inst* next;
  if (!ready(w, in, member, &next)) return next;
  const bool wide = (in->flags & 1) != 0;
  const auto value = [&](uint32_t i) {
    return wide ? reg<uint64_t>(w, in->a)[i] : uint64_t{reg<uint32_t>(w, in->a)[i]};
  };
  uint32_t result[32];
  each_group(w, member, [&](uint32_t group) {
    for (const uint32_t i : Lanes{group}) {
      uint32_t same = 0;
      for (const uint32_t j : Lanes{group}) same |= value(j) == value(i) ? 1u << j : 0u;
      result[i] = mode(in) == Mode::kAll ? (same == group ? group : 0) : same;
      if (mode(in) == Mode::kAll) set_predicate(w, in->more[1], 1u << i, same == group ? ~0u : 0u);
    }
  });
  uint32_t* d = reg<uint32_t>(w, in->d);
  for (const uint32_t i : Lanes{w->mask}) d[i] = result[i];
  return in + 1;
}

const Inst* redux(Warp* w, const Inst* in) {
  const uint32_t* member = reg<uint32_t>(w, in->more[0]);
  const Inst* next;
  if (!ready(w, in, member, &next)) return next;
  const uint32_t* a = reg<uint32_t>(w, in->a);
  uint32_t* d = reg<uint32_t>(w, in->d);
  each_group(w, member, [&](uint32_t group) {
    uint32_t result = a[first_lane(group)];
    for (const uint32_t i : Lanes{group & (group - 1)}) result = reduce(mode(in), (in->flags & 1) != 0, result, a[i]);
    for (const uint32_t i : Lanes{group}) d[i] = result;
  });
  return in + 1;
}

const Inst* active_mask(Warp* w, const Inst* in) {
  uint32_t* d = reg<uint32_t>(w, in->d);
  for (const uint32_t i : Lanes{w->mask}) d[i] = w->mask;
  return in + 1;
}

const Inst* elect(Warp* w, const Inst* in) {
  const uint32_t* member = reg<uint32_t>(w, in->more[0]);
  const Inst* next;
  if (!ready(w, in, member, &next)) return next;
  uint32_t* d = reg<uint32_t>(w, in->d);
  each_group(w, member, [&](uint32_t group) {
    const uint32_t leader = static_cast<uint32_t>(first_lane(group));
    for (const uint32_t i : Lanes{group}) d[i] = leader;
    set_predicate(w, in->more[1], group, 1u << leader);
  });
  return in + 1;
}

}  // namespace exec

void decode_warp(Decoder& d) {
  static constexpr std::pair<std::string_view, Mode> kModes[] = {
      {"up", Mode::kUp},   {"down", Mode::kDown}, {"bfly", Mode::kBfly},     {"idx", Mode::kIdx}, {"all", Mode::kAll},
      {"any", Mode::kAny}, {"uni", Mode::kUni},   {"ballot", Mode::kBallot}, {"add", Mode::kAdd}, {"min", Mode::kMin},
      {"max", Mode::kMax}, {"and", Mode::kAnd},   {"or", Mode::kOr},         {"xor", Mode::kXor}};
  const auto name = d.part(0);
  if (name == "activemask") {
    const uint32_t target = d.target(d.operand(0), Size::kWord);
    d.emit(exec::active_mask).d = target;
    return;
  }
  if (!d.has("sync")) d.refuse("the form without .sync, which sm_70 and later do not have");
  const auto& first = d.operand(0);
  const bool pair = first.kind == ptx::OperandKind::kPair;
  const auto& result = pair ? first.elements[0] : first;
  const uint32_t second = pair ? d.target(first.elements[1], Size::kPred) : kNoOperand;
  Mode m = Mode::kIdx;
  for (const auto& [word, value] : kModes)
    if (d.has(word)) m = value;
  const auto word = [&](size_t i) { return d.source(d.operand(i), Size::kWord); };
  uint32_t target, a = 0, b = 0, c = 0, member, flags = 0;
  Handler fn;
  if (name == "shfl") {
    fn = exec::shuffle;
    target = d.target(result, Size::kWord), a = word(1), b = word(2), c = word(3), member = word(4);
  } else if (name == "vote") {
    fn = exec::vote;
    target = d.target(result, m == Mode::kBallot ? Size::kWord : Size::kPred);
    a = d.predicate(d.operand(1)), member = word(2);
  } else if (name == "match") {
    fn = exec::match;
    flags = d.type() == "b64";
    target = d.target(result, Size::kWord);
    a = d.source(d.operand(1), flags ? Size::kDouble : Size::kWord), member = word(2);
  } else if (name == "redux") {
    if (d.type() == "f32") d.refuse("redux of f32");
    fn = exec::redux;
    flags = d.type() == "s32";
    target = d.target(result, Size::kWord), a = word(1), member = word(2);
  } else {
    fn = exec::elect;
    target = d.target(result, Size::kWord), member = word(1);
  }
  Inst& in = d.emit(fn);
  in.d = target, in.a = a, in.b = b, in.c = c;
  in.imm = static_cast<uint64_t>(m);
  in.flags = flags;
  in.more = d.list({member, second});
}

}  // namespace ptxvm
