// The model's parameters by role. Built from a checkpoint by name; shapes are checked there.
#pragma once
#include <vector>

#include "glimpse/core/backend.h"
#include "glimpse/core/weight.h"
#include "model/config.h"

namespace glimpse {

class Checkpoint;

struct VisionBlockWeights {
  TensorView norm1, norm2;         // [D]
  Weight qkv, proj;                // [3 D, D], [D, D]
  TensorView qkv_bias;             // [3 D], only with attention_bias
  Weight gate, up, down;           // [F, D], [F, D], [D, F]
};

struct VisionWeights {
  Weight patch;                    // [D, C * T * p * p]
  TensorView patch_bias;           // [D]
  TensorView post_conv_norm;       // [D]
  TensorView position;             // [side * side, D]
  std::vector<VisionBlockWeights> blocks;
  TensorView post_norm;            // [D]
  Weight downsample;               // [O, 4 D], columns (row in block, column in block, channel)
  TensorView downsample_bias;      // [O]
  Weight merger_proj;              // [O, O]
  TensorView merger_norm, merger_norm_bias;         // [O]
  Weight merger_gate, merger_up, merger_down;       // [I, O], [I, O], [O, I]
};

struct TextLayerWeights {
  TensorView input_norm, post_attention_norm, pre_mlp_norm, post_mlp_norm;  // [d]
  Weight q, k, v, o;
  TensorView q_bias, k_bias, v_bias;
  Weight gate, up, down;           // [F, d], [F, d], [d, F]
};

struct TextWeights {
  Weight embed;                    // [V, d]
  std::vector<TextLayerWeights> layers;
  TensorView norm;                 // [d]
  Weight head;                     // [V, d]
};

struct Weights {
  VisionWeights vision;
  TextWeights text;
  std::vector<Buffer> owned;       // uploaded or rearranged tensors; the others are the checkpoint's mapping
};

// Progress of an upload: bytes done and in all.
using LoadProgress = void (*)(int64_t done, int64_t total);

// Looks up every tensor of the configuration (spec 2.2, 2.3). On the CPU they stay where the checkpoint is mapped; on
// another device they are uploaded once. Throws Error naming the tensor that is missing or has another shape.
Weights load_weights(const Checkpoint& checkpoint, const Glm4vConfig& config, Backend& backend,
                     LoadProgress progress = nullptr);

}  // namespace glimpse
