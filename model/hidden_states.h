// hidden_states of a forward pass (spec 13.6): the text model's rows between its layers.
#pragma once
#include <vector>

#include "glimpse/core/observer.h"

namespace glimpse {

// Add it to a Run before forward(). states[0] is the embeddings with vision rows in place, states[i] the output of
// layer i - 1, and the last one the final norm's output (last_hidden_state): layers + 1 entries of [rows, d] in f32 on
// the host, the rows of every sequence, or chunk of a prompt, one after another.
class HiddenStates : public Observer {
 public:
  explicit HiddenStates(int layers) : states(size_t(layers) + 1) {}
  void after(const Event& event) override;

  std::vector<std::vector<float>> states;
};

}  // namespace glimpse
