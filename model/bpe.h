#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace glimpse {

/// The merge table and merge loop of byte-pair encoding: of all neighbours that may merge, the pair with the lowest
/// rank does, the leftmost of equals first, until none may.
class BytePairMerges {
 public:
  /// Room for `count` merges.
  explicit BytePairMerges(std::size_t count = 0);

  /// Adds the merge of rank `rank`; a pair given twice keeps the later rank, as in the reference.
  void add(std::int32_t left, std::int32_t right, std::int32_t rank, std::int32_t merged);

  /// Buffers of one caller, reused from word to word.
  struct Scratch {
    struct Symbol {
      std::int32_t id, previous, next;
    };
    struct Candidate {
      std::int32_t rank, at, left, right, merged;
    };
    std::vector<Symbol> symbols;
    std::vector<Candidate> heap;
  };

  /// Appends the ids of `word`, whose bytes have the ids `byte_ids[256]`. Time n log n.
  void encode(std::string_view word, const std::int32_t* byte_ids, Scratch& scratch,
              std::vector<std::int32_t>& out) const;

 private:
  struct Slot {
    std::uint64_t pair = UINT64_MAX;
    std::int32_t rank = 0, merged = 0;
  };
  const Slot* find(std::int32_t left, std::int32_t right) const;
  std::size_t slot_of(std::uint64_t pair) const;
  void push(Scratch& scratch, std::int32_t at) const;

  std::vector<Slot> slots_;  // open addressing, a power of two, at most half full
};

}  // namespace glimpse
