#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace glimpse {

enum class SpanKind { plain, think, answer };

struct OutputSpan {
  SpanKind kind;
  std::string text;
};

/// Splits generated text into `<think>`, `<answer>` and other text while it arrives (spec 5.4); tags are taken out,
/// even when they arrive in pieces. A closing tag that never comes closes at the end.
class OutputSplitter {
 public:
  std::vector<OutputSpan> push(std::string_view text);
  std::vector<OutputSpan> finish();

 private:
  SpanKind kind_ = SpanKind::plain;
  std::string pending_;  // may be the beginning of a tag
};

/// What an answer consists of.
struct ParsedOutput {
  std::string thinking;
  std::string answer;              ///< inside `<answer>`; without that tag, all text outside `<think>`
  std::vector<std::string> boxes;  ///< inside `<|begin_of_box|>` ... `<|end_of_box|>` of the answer
  bool has_answer_tag = false;
};

ParsedOutput parse_output(std::string_view text);

}  // namespace glimpse
