// Ends a sequence where its text holds one of some strings (spec 9.3, 13.9).
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/tokenizer.h"

namespace glimpse {

class StopStrings {
 public:
  // No strings: nothing ever stops. Throws Error for an empty string, and where there are strings and no tokenizer.
  StopStrings(const std::vector<std::string>& strings, const Tokenizer* tokenizer);

  // True once the text of all ids pushed so far, special tokens as they are spelt, holds one of the strings.
  bool push(TokenId id);

 private:
  std::vector<std::string> strings_;
  std::optional<StreamDecoder> decoder_;
  size_t longest_ = 0;
  std::string tail_;  // as much of the text as a string may have begun in
};

}  // namespace glimpse
