// The training loss of a forward pass (spec 13.8).
#pragma once
#include <cstdint>
#include <vector>

#include "model/glm4v.h"

namespace glimpse {

constexpr int32_t kIgnoreLabel = -100;

// Mean cross-entropy of the token behind each position: labels[b][i] is judged by the logits of position i - 1; labels
// of kIgnoreLabel do not count, and the mean is over all sequences together. NaN where nothing counts, as in the
// reference.
// `output`: of a forward() that kept all rows. Throws Error where labels and rows do not agree or a label is no token.
double causal_lm_loss(const ForwardOutput& output, const std::vector<std::vector<int32_t>>& labels, int64_t vocab_size);

}  // namespace glimpse
