#include "model/loss.h"

#include <algorithm>
#include <cmath>

namespace glimpse {

namespace {

// -log softmax(row)[label], in double over f32 logits.
double cross_entropy(const float* row, int64_t size, int32_t label) {
  const double peak = *std::max_element(row, row + size);
  double sum = 0;
  for (int64_t i = 0; i < size; ++i) sum += std::exp(row[i] - peak);
  return std::log(sum) + peak - row[label];
}

}  // namespace

double causal_lm_loss(const ForwardOutput& output, const std::vector<std::vector<int32_t>>& labels,
                      int64_t vocab_size) {
  size_t rows = 0;
  for (const SequenceLayout& l : output.layouts) rows += l.vision_row.size();
  GLIMPSE_CHECK(labels.size() == output.layouts.size(), "labels are given for %zu sequences of %zu", labels.size(),
                output.layouts.size());
  GLIMPSE_CHECK(output.logits.size() == rows * size_t(vocab_size), "the loss needs the logits of all %zu rows; leave "
                "logits_to_keep at 0", rows);
  const float* row = output.logits.data();
  double sum = 0;
  int64_t count = 0;
  for (size_t b = 0; b < labels.size(); ++b) {
    const size_t length = output.layouts[b].vision_row.size();
    GLIMPSE_CHECK(labels[b].size() == length, "labels of sequence %zu are %zu, its tokens %zu", b, labels[b].size(),
                  length);
    for (size_t i = 1; i < length; ++i) {
      const int32_t label = labels[b][i];
      if (label == kIgnoreLabel) continue;
      GLIMPSE_CHECK(label >= 0 && label < vocab_size, "label %d is neither a token of %lld nor %d", label,
                    (long long)vocab_size, kIgnoreLabel);
      sum += cross_entropy(row + int64_t(i - 1) * vocab_size, vocab_size, label), ++count;
    }
    row += int64_t(length) * vocab_size;
  }
  return count ? sum / double(count) : std::nan("");
}

}  // namespace glimpse
