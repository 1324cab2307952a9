#include "model/bpe.h"

#include <algorithm>
#include <bit>

namespace glimpse {
namespace {

std::uint64_t pair_of(std::int32_t left, std::int32_t right) {
  return static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32 | static_cast<std::uint32_t>(right);
}

using Candidate = BytePairMerges::Scratch::Candidate;

bool later(const Candidate& a, const Candidate& b) { return a.rank != b.rank ? a.rank > b.rank : a.at > b.at; }

}  // namespace

BytePairMerges::BytePairMerges(std::size_t count) : slots_(std::bit_ceil(2 * count + 2)) {}

std::size_t BytePairMerges::slot_of(std::uint64_t pair) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = (pair * 0x9E3779B97F4A7C15u >> 29) & mask;
  while (slots_[at].pair != pair && slots_[at].pair != UINT64_MAX) at = (at + 1) & mask;
  return at;
}

void BytePairMerges::add(std::int32_t left, std::int32_t right, std::int32_t rank, std::int32_t merged) {
  const std::uint64_t pair = pair_of(left, right);
  slots_[slot_of(pair)] = {pair, rank, merged};
}

const BytePairMerges::Slot* BytePairMerges::find(std::int32_t left, std::int32_t right) const {
  const std::uint64_t pair = pair_of(left, right);
  const Slot& slot = slots_[slot_of(pair)];
  return slot.pair == pair ? &slot : nullptr;
}

// Offers the pair that begins at symbol `at`, if it may merge.
void BytePairMerges::push(Scratch& scratch, std::int32_t at) const {
  const auto& left = scratch.symbols[static_cast<std::size_t>(at)];
  if (left.next < 0) return;
  const auto& right = scratch.symbols[static_cast<std::size_t>(left.next)];
  const Slot* slot = find(left.id, right.id);
  if (!slot) return;
  scratch.heap.push_back({slot->rank, at, left.id, right.id, slot->merged});
  std::push_heap(scratch.heap.begin(), scratch.heap.end(), later);
}

void BytePairMerges::encode(std::string_view word, const std::int32_t* byte_ids, Scratch& scratch,
                            std::vector<std::int32_t>& out) const {
  auto& symbols = scratch.symbols;
  const auto count = static_cast<std::int32_t>(word.size());
  symbols.resize(word.size());
  scratch.heap.clear();
  for (std::int32_t i = 0; i < count; ++i) {
    const auto byte = static_cast<unsigned char>(word[static_cast<std::size_t>(i)]);
    symbols[static_cast<std::size_t>(i)] = {byte_ids[byte], i - 1, i + 1 < count ? i + 1 : -1};
  }
  for (std::int32_t i = 0; i + 1 < count; ++i) push(scratch, i);
  while (!scratch.heap.empty()) {
    std::pop_heap(scratch.heap.begin(), scratch.heap.end(), later);
    const Candidate top = scratch.heap.back();
    scratch.heap.pop_back();
    auto& left = symbols[static_cast<std::size_t>(top.at)];
    // An offer is stale when either side has merged elsewhere since.
    if (left.id != top.left || left.next < 0) continue;
    auto& right = symbols[static_cast<std::size_t>(left.next)];
    if (right.id != top.right) continue;
    left.id = top.merged;
    right.id = -1;
    left.next = right.next;
    if (left.next >= 0) symbols[static_cast<std::size_t>(left.next)].previous = top.at;
    if (left.previous >= 0) push(scratch, left.previous);
    push(scratch, top.at);
  }
  for (std::int32_t i = count > 0 ? 0 : -1; i >= 0; i = symbols[static_cast<std::size_t>(i)].next) {
    out.push_back(symbols[static_cast<std::size_t>(i)].id);
  }
}

}  // namespace glimpse
