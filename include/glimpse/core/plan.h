// Which variant runs where: a list of rules "op[.path][[layers]]=variant"; the longest match wins, else auto.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "glimpse/core/context.h"

namespace glimpse {

// "attention=naive", "attention.text[8-15]=mine", "linear.text.mlp/gate=gemv_avx2", "rms_norm[3]=block_row".
// A path matches a site that equals it or goes on behind it with '.' or '/'.
class Plan {
 public:
  // Checks op and variant names against the registry; throws Error listing what there is.
  void add(std::string_view rule);
  // The forced variant's name for an op at a site; empty: auto. Longest path first, then a layer range over none, then
  // the later rule.
  std::string_view forced(std::string_view op, const Site& site) const;
  // Rules that never matched anything since they were added (a misspelt site).
  std::vector<std::string> unused() const;
  bool empty() const { return rules_.empty(); }

 private:
  struct Rule {
    std::string text, op, path, variant;
    int first = -1, last = -1;  // layers, inclusive; -1: all
    mutable bool used = false;
  };
  std::vector<Rule> rules_;
};

}  // namespace glimpse
