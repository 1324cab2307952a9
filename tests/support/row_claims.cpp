// Every op whose rows do not see each other, in the sizes at which its variants change tiles or give way to others.
#include "glimpse/ops/embed.h"
#include "glimpse/ops/layer_norm_gelu.h"
#include "glimpse/ops/linear.h"
#include "glimpse/ops/linear_swiglu.h"
#include "glimpse/ops/norm_add_norm.h"
#include "glimpse/ops/patch_embed.h"
#include "glimpse/ops/pos_embed.h"
#include "glimpse/ops/qkv_rope.h"
#include "glimpse/ops/rms_norm.h"
#include "glimpse/ops/sample.h"
#include "glimpse/ops/swiglu.h"
#include "support/claims.h"

namespace glimpse::test {
namespace {

using Tensors = std::vector<TensorView*>;
constexpr DType kBf16 = DType::bf16;

// make(memory, rows) for some numbers of rows, around the limits of variants and tiles.
template <class Make> int at_rows(std::initializer_list<int64_t> all, Make make) {
  int compared = 0;
  for (const int64_t rows : all) {
    CaseMemory memory(Layout::dense, uint64_t(rows));
    compared += make(memory, rows);
  }
  return compared;
}

int linear(const Subject& s, std::string& why) {
  return at_rows({3, 8, 17, 64, 150}, [&](CaseMemory& memory, int64_t M) {
    op::Linear a;
    a.x = memory.tensor(kBf16, {M, 1160}), a.w = memory.weight(kBf16, 72, 1160, 0.03);
    a.y = memory.output(kBf16, {M, 72});
    return rows_alone<op::Linear>(s, a, memory, [](op::Linear& l) { return Tensors{&l.x, &l.y}; }, {&op::Linear::y},
                                  why);
  });
}

int linear_swiglu(const Subject& s, std::string& why) {
  return at_rows({3, 8, 17, 64, 150}, [&](CaseMemory& memory, int64_t M) {
    op::LinearSwiglu a;
    a.x = memory.tensor(kBf16, {M, 264});
    a.gate = memory.weight(kBf16, 72, 264, 0.06), a.up = memory.weight(kBf16, 72, 264, 0.06);
    a.y = memory.output(kBf16, {M, 72});
    return rows_alone<op::LinearSwiglu>(s, a, memory, [](op::LinearSwiglu& l) { return Tensors{&l.x, &l.y}; },
                                        {&op::LinearSwiglu::y}, why);
  });
}

// Rows of x at places 3, 4, ... of a cache of two slots.
op::Rotation rotation(CaseMemory& memory, int64_t rows, int64_t head) {
  op::Rotation r;
  std::vector<int32_t> positions;
  for (int64_t i = 0; i < 3 * rows; ++i) positions.push_back(int32_t(memory.random() % 60));
  r.sections[0] = 2, r.sections[1] = int(head / 8) - 1, r.sections[2] = int(head / 8) - 1;
  r.pos = memory.integers({rows, 3}, positions);
  r.inv_freq = memory.tensor(DType::f32, {head / 4}, {Fill::Kind::uniform, 1e-4, 1});
  return r;
}
TensorView counted(CaseMemory& memory, int64_t rows, int32_t first) {
  std::vector<int32_t> all;
  for (int64_t i = 0; i < rows; ++i) all.push_back(first + int32_t(i));
  return memory.integers({rows}, all);
}

int qkv_rope(const Subject& s, std::string& why) {
  return at_rows({3, 8, 17}, [&](CaseMemory& memory, int64_t M) {
    op::QkvRope a;
    a.x = memory.tensor(kBf16, {M, 264});
    a.wq = memory.weight(kBf16, 96, 264, 0.06), a.wk = memory.weight(kBf16, 32, 264, 0.06);
    a.wv = memory.weight(kBf16, 32, 264, 0.06), a.rotation = rotation(memory, M, 32);
    a.q = memory.output(kBf16, {M, 3, 32}), a.index = counted(memory, M, 3);
    a.k = memory.tensor(kBf16, {2, 1, M + 5, 32}), a.v = memory.tensor(kBf16, {2, 1, M + 5, 32});
    return rows_alone<op::QkvRope>(
        s, a, memory, [](op::QkvRope& q) { return Tensors{&q.x, &q.q, &q.rotation.pos, &q.index}; }, {&op::QkvRope::q},
        why);
  });
}

int rope(const Subject& s, std::string& why) {
  return at_rows({3, 17}, [&](CaseMemory& memory, int64_t M) {
    op::Rope a;
    a.q_in = memory.tensor(kBf16, {M, 5, 32}), a.k_in = memory.tensor(kBf16, {M, 1, 32});
    a.v_in = memory.tensor(kBf16, {M, 1, 32}), a.rotation = rotation(memory, M, 32);
    a.q = memory.output(kBf16, {M, 5, 32}), a.index = counted(memory, M, 3);
    a.k = memory.tensor(kBf16, {2, 1, M + 5, 32}), a.v = memory.tensor(kBf16, {2, 1, M + 5, 32});
    return rows_alone<op::Rope>(
        s, a, memory,
        [](op::Rope& r) { return Tensors{&r.q_in, &r.k_in, &r.v_in, &r.q, &r.rotation.pos, &r.index}; },
        {&op::Rope::q}, why);
  });
}

// Rows of one, two and several chunks of those that keep them in registers.
constexpr int64_t kColumns[] = {264, 1032, 4104};

int rms_norm(const Subject& s, std::string& why) {
  return at_rows({3, 17}, [&](CaseMemory& memory, int64_t M) {
    int compared = 0;
    for (const int64_t D : kColumns) {
      op::RmsNorm a;
      a.x = memory.tensor(kBf16, {M, D}), a.weight = memory.tensor(kBf16, {D}), a.y = memory.output(kBf16, {M, D});
      compared += rows_alone<op::RmsNorm>(s, a, memory, [](op::RmsNorm& n) { return Tensors{&n.x, &n.y}; },
                                          {&op::RmsNorm::y}, why);
    }
    return compared;
  });
}

int norm_add_norm(const Subject& s, std::string& why) {
  return at_rows({3, 17}, [&](CaseMemory& memory, int64_t M) {
    int compared = 0;
    for (const int64_t D : kColumns) {
      op::NormAddNorm a;
      a.x = memory.tensor(kBf16, {M, D}), a.residual = memory.tensor(kBf16, {M, D});
      a.post = memory.tensor(kBf16, {D}), a.pre = memory.tensor(kBf16, {D}), a.y = memory.output(kBf16, {M, D});
      compared += rows_alone<op::NormAddNorm>(
          s, a, memory, [](op::NormAddNorm& n) { return Tensors{&n.x, &n.residual, &n.y}; },
          {&op::NormAddNorm::residual, &op::NormAddNorm::y}, why);
    }
    return compared;
  });
}

int layer_norm_gelu(const Subject& s, std::string& why) {
  return at_rows({3, 17}, [&](CaseMemory& memory, int64_t M) {
    int compared = 0;
    for (const int64_t D : kColumns) {
      op::LayerNormGelu a;
      a.x = memory.tensor(kBf16, {M, D}), a.weight = memory.tensor(kBf16, {D}), a.bias = memory.tensor(kBf16, {D});
      a.normed = memory.output(kBf16, {M, D}), a.y = memory.output(kBf16, {M, D});
      compared += rows_alone<op::LayerNormGelu>(
          s, a, memory, [](op::LayerNormGelu& n) { return Tensors{&n.x, &n.normed, &n.y}; },
          {&op::LayerNormGelu::normed, &op::LayerNormGelu::y}, why);
    }
    return compared;
  });
}

int swiglu(const Subject& s, std::string& why) {
  return at_rows({3, 17}, [&](CaseMemory& memory, int64_t M) {
    op::Swiglu a;
    a.gate = memory.tensor(kBf16, {M, 2056}), a.up = memory.tensor(kBf16, {M, 2056});
    a.y = memory.output(kBf16, {M, 2056});
    return rows_alone<op::Swiglu>(s, a, memory, [](op::Swiglu& g) { return Tensors{&g.gate, &g.up, &g.y}; },
                                  {&op::Swiglu::y}, why);
  });
}

int embed(const Subject& s, std::string& why) {
  return at_rows({3, 17}, [&](CaseMemory& memory, int64_t M) {
    op::Embed a;
    a.ids = counted(memory, M, 5), a.table = memory.weight(kBf16, 40, 264, 1), a.y = memory.output(kBf16, {M, 264});
    a.vision = memory.tensor(kBf16, {M, 264}), a.vision_row = counted(memory, M, -1);
    return rows_alone<op::Embed>(s, a, memory, [](op::Embed& e) { return Tensors{&e.ids, &e.vision_row, &e.y}; },
                                 {&op::Embed::y}, why);
  });
}

int patch_embed(const Subject& s, std::string& why) {
  return at_rows({3, 17, 150}, [&](CaseMemory& memory, int64_t M) {
    op::PatchEmbed a;
    a.pixels = memory.tensor(DType::u8, {M, 216}, {Fill::Kind::integers, 0, 256});
    a.table = memory.tensor(DType::f32, {3, 256}, {Fill::Kind::uniform, -2, 2.2});
    a.w = memory.weight(kBf16, 72, 216, 0.07), a.y = memory.output(kBf16, {M, 72});
    return rows_alone<op::PatchEmbed>(s, a, memory, [](op::PatchEmbed& p) { return Tensors{&p.pixels, &p.y}; },
                                      {&op::PatchEmbed::y}, why);
  });
}

int pos_embed(const Subject& s, std::string& why) {
  return at_rows({3, 17}, [&](CaseMemory& memory, int64_t M) {
    op::PosEmbed a;
    std::vector<int32_t> coords;
    for (int64_t i = 0; i < M; ++i) coords.insert(coords.end(), {int32_t(i % 4), int32_t(i % 3), 4, 3});
    a.x = memory.tensor(kBf16, {M, 264}), a.weight = memory.tensor(kBf16, {264});
    a.table = memory.tensor(kBf16, {36, 264}), a.coords = memory.integers({M, 4}, coords);
    a.normed = memory.output(kBf16, {M, 264}), a.y = memory.output(kBf16, {M, 264});
    return rows_alone<op::PosEmbed>(
        s, a, memory, [](op::PosEmbed& p) { return Tensors{&p.x, &p.coords, &p.normed, &p.y}; },
        {&op::PosEmbed::normed, &op::PosEmbed::y}, why);
  });
}

int sample(const Subject& s, std::string& why) {
  return at_rows({3, 8}, [&](CaseMemory& memory, int64_t B) {
    int compared = 0;
    for (const bool draw : {false, true}) {
      op::Sample a;
      a.logits = memory.tensor(DType::f32, {B, 4099}, {Fill::Kind::normal, 3, 0});
      a.stream = counted(memory, B, 7), a.step = counted(memory, B, 1), a.token = memory.output(DType::i32, {B});
      if (draw) a.probs = memory.output(DType::f32, {B, 4099});
      a.do_sample = draw, a.top_k = 200, a.top_p = 0.9, a.seed = 5;
      std::vector<TensorView op::Sample::*> outs = {&op::Sample::token};
      if (draw) outs.push_back(&op::Sample::probs);
      compared += rows_alone<op::Sample>(
          s, a, memory, [](op::Sample& d) { return Tensors{&d.logits, &d.stream, &d.step, &d.probs, &d.token}; }, outs,
          why);
    }
    return compared;
  });
}

}  // namespace

std::vector<std::pair<const char*, Claim>> row_claims() {
  return {{op::Embed::kName, embed},
          {op::LayerNormGelu::kName, layer_norm_gelu},
          {op::Linear::kName, linear},
          {op::LinearSwiglu::kName, linear_swiglu},
          {op::NormAddNorm::kName, norm_add_norm},
          {op::PatchEmbed::kName, patch_embed},
          {op::PosEmbed::kName, pos_embed},
          {op::QkvRope::kName, qkv_rope},
          {op::RmsNorm::kName, rms_norm},
          {op::Rope::kName, rope},
          {op::Sample::kName, sample},
          {op::Swiglu::kName, swiglu}};
}

}  // namespace glimpse::test
