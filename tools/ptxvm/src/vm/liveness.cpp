#include "liveness.h"

#include <algorithm>
#include <map>
#include <set>

namespace ptxvm {
namespace {

using ptx::Operand;
using ptx::OperandKind;

// One bit for each register.
class Bits {
 public:
  explicit Bits(size_t n) : words_((n + 63) / 64) {}
  void set(size_t i) { words_[i / 64] |= uint64_t{1} << (i % 64); }
  bool get(size_t i) const { return (words_[i / 64] >> (i % 64) & 1) != 0; }
  // this |= other & ~without; true if something was new.
  bool add(const Bits& other, const Bits* without) {
    uint64_t fresh = 0;
    for (size_t k = 0; k < words_.size(); ++k) {
      const uint64_t more = without ? other.words_[k] & ~without->words_[k] : other.words_[k];
      fresh |= more & ~words_[k];
      words_[k] |= more;
    }
    return fresh != 0;
  }
  template <class F>
  void each(F f) const {
    for (size_t k = 0; k < words_.size(); ++k)
      for (uint64_t left = words_[k]; left != 0; left &= left - 1)
        f(k * 64 + static_cast<size_t>(__builtin_ctzll(left)));
  }

 private:
  std::vector<uint64_t> words_;
};

template <class F>
void each_register(const Operand& o, F f) {
  if (o.kind == OperandKind::kRegister) f(static_cast<size_t>(o.reg));
  for (const auto& e : o.elements) each_register(e, f);
}

// Whether the first operand is written. What reads it looks like a result too: barriers, branches by index, calls.
bool writes_first(const ptx::Instruction& in) {
  if (in.operands.empty() || in.operands[0].kind == OperandKind::kAddress) return false;
  const auto op = in.parts[0];
  if (op == "bar" || op == "barrier") return std::find(in.parts.begin(), in.parts.end(), "red") != in.parts.end();
  return op != "brx" && op != "call" && op != "nanosleep" && op != "st" && op != "red";
}

template <class F>
void each_use(const ptx::Instruction& in, F f) {
  if (in.guard >= 0) f(static_cast<size_t>(in.guard));
  for (size_t i = writes_first(in) ? 1 : 0; i < in.operands.size(); ++i) each_register(in.operands[i], f);
}
template <class F>
void each_result(const ptx::Instruction& in, F f) {
  if (writes_first(in)) each_register(in.operands[0], f);
}

struct Block {
  size_t begin, end;
  std::vector<size_t> next;
  Bits uses, kills, in, out;
};

std::vector<Block> cut(const ptx::Body& body) {
  const size_t n = body.instructions.size(), registers = body.registers.size();
  std::set<size_t> starts{0};
  for (const auto& [label, index] : body.labels)
    if (index < n) starts.insert(index);
  const auto ends = [](std::string_view op) {
    return op == "bra" || op == "brx" || op == "ret" || op == "exit" || op == "trap";
  };
  for (size_t i = 0; i + 1 < n; ++i)
    if (ends(body.instructions[i].parts[0])) starts.insert(i + 1);
  std::vector<size_t> order(starts.begin(), starts.end());
  std::vector<Block> blocks;
  for (size_t b = 0; b < order.size(); ++b)
    blocks.push_back({order[b],
                      b + 1 < order.size() ? order[b + 1] : n,
                      {},
                      Bits(registers),
                      Bits(registers),
                      Bits(registers),
                      Bits(registers)});
  const auto block_at = [&](size_t index) {
    return static_cast<size_t>(std::lower_bound(order.begin(), order.end(), index) - order.begin());
  };
  for (size_t b = 0; b < blocks.size(); ++b) {
    auto& block = blocks[b];
    if (block.begin == block.end) continue;
    const auto& last = body.instructions[block.end - 1];
    const auto op = last.parts[0];
    const auto go = [&](std::string_view label) {
      const auto it = body.labels.find(label);
      if (it != body.labels.end() && it->second < n) block.next.push_back(block_at(it->second));
    };
    if (op == "bra" && !last.operands.empty()) go(last.operands[0].name);
    if (op == "brx" && last.operands.size() > 1)
      if (const auto it = body.targets.find(last.operands[1].name); it != body.targets.end())
        for (const auto label : it->second) go(label);
    if ((!ends(op) || last.guard >= 0) && b + 1 < blocks.size()) block.next.push_back(b + 1);
    for (size_t i = block.begin; i < block.end; ++i) {
      const auto& in = body.instructions[i];
      each_use(in, [&](size_t r) {
        if (!block.kills.get(r)) block.uses.set(r);
      });
      // A guarded result leaves the old value in the other threads.
      if (in.guard < 0) each_result(in, [&](size_t r) { block.kills.set(r); });
    }
  }
  return blocks;
}

void flow(std::vector<Block>& blocks) {
  for (auto& b : blocks) b.in.add(b.uses, nullptr);
  for (bool changed = true; changed;) {
    changed = false;
    for (size_t i = blocks.size(); i-- > 0;) {
      auto& b = blocks[i];
      for (const size_t next : b.next) b.out.add(blocks[next].in, nullptr);
      changed |= b.in.add(b.out, &b.kills);
    }
  }
}

struct Range {
  size_t from = SIZE_MAX, to = 0;
  void cover(size_t at) { from = std::min(from, at), to = std::max(to, at); }
};

std::vector<Range> ranges_of(const ptx::Body& body, const std::vector<Block>& blocks) {
  std::vector<Range> ranges(body.registers.size());
  for (const auto& b : blocks) {
    b.in.each([&](size_t r) { ranges[r].cover(b.begin); });
    b.out.each([&](size_t r) { ranges[r].cover(b.end); });
    for (size_t i = b.begin; i < b.end; ++i) {
      each_use(body.instructions[i], [&](size_t r) { ranges[r].cover(i); });
      each_result(body.instructions[i], [&](size_t r) { ranges[r].cover(i); });
    }
  }
  return ranges;
}

}  // namespace

Sharing share_registers(const ptx::Body& body) {
  auto blocks = cut(body);
  flow(blocks);
  const auto ranges = ranges_of(body, blocks);
  Sharing sharing;
  sharing.slot.resize(body.registers.size());
  std::vector<size_t> order;
  std::vector<int64_t> change(body.instructions.size() + 2);
  for (size_t r = 0; r < ranges.size(); ++r) {
    if (ranges[r].from == SIZE_MAX) continue;
    order.push_back(r);
    const int64_t words = (body.registers[r].bytes + 3) / 4;
    change[ranges[r].from] += words, change[ranges[r].to + 1] -= words;
  }
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return ranges[a].from < ranges[b].from; });
  int64_t alive = 0, most = 0;
  for (const int64_t c : change) alive += c, most = std::max(most, alive);
  sharing.words = static_cast<uint32_t>(most);
  // By size: free slots, and the slots in use by the end of their range.
  std::map<uint16_t, std::vector<uint32_t>> idle;
  std::map<uint16_t, std::multimap<size_t, uint32_t>> busy;
  std::map<uint16_t, uint32_t> made;
  for (const size_t r : order) {
    const uint16_t bytes = std::max<uint16_t>(body.registers[r].bytes, body.registers[r].bytes == 1 ? 2 : 0);
    auto& free = idle[bytes];
    auto& used = busy[bytes];
    while (!used.empty() && used.begin()->first < ranges[r].from) {
      free.push_back(used.begin()->second);
      used.erase(used.begin());
    }
    if (free.empty()) free.push_back(made[bytes]++);
    sharing.slot[r] = free.back();
    free.pop_back();
    used.emplace(ranges[r].to, sharing.slot[r]);
  }
  return sharing;
}

}  // namespace ptxvm
