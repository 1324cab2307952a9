#include "model/stop_strings.h"

#include <algorithm>

#include "glimpse/core/error.h"

namespace glimpse {

StopStrings::StopStrings(const std::vector<std::string>& strings, const Tokenizer* tokenizer) : strings_(strings) {
  if (strings.empty()) return;
  GLIMPSE_CHECK(tokenizer, "stop_strings are given without the tokenizer that tells tokens' text; set "
                "GenerateOptions::tokenizer");
  for (const std::string& s : strings) {
    GLIMPSE_CHECK(!s.empty(), "stop_strings holds an empty string, which every text has; leave it out");
    longest_ = std::max(longest_, s.size());
  }
  decoder_.emplace(*tokenizer, false);
}

bool StopStrings::push(TokenId id) {
  if (!decoder_) return false;
  tail_ += decoder_->push(id);
  for (const std::string& s : strings_)
    if (tail_.find(s) != tail_.npos) return true;
  if (tail_.size() >= longest_) tail_.erase(0, tail_.size() - longest_ + 1);
  return false;
}

}  // namespace glimpse
