#include "support/allowed_skips.h"

#include <fnmatch.h>

namespace glimpse::test {
namespace {

struct Allowed {
  const char *who, *reason;  // patterns of the shell
};

constexpr Allowed kAllowed[] = {
    // What a machine is not.
    {"*", "this processor lacks *"},
    {"*", "it needs compute capability *"},
    {"linear.cublaslt", "libcublasLt.so.13: *"},
    // The rows that a variant is for.
    {"*.gemv_*", "M is *; a gemv takes up to 8 activation rows"},
    {"*.gemv_warp", "M is *, at most 8"},
    {"linear.small_m_mma_sm80", "M is *, it takes 2 to 64"},
    {"attention.decode_*", "a sequence has up to * query rows; up to 4 are taken"},
    {"attention.splitkv_sm80", "max_q * times a group of * heads is more than 64 rows"},
    {"sample.argmax", "it draws nothing, and a draw at temperature * is wanted"},
    {"sample.argmax", "it gives no probabilities"},
    // Dtypes.
    {"linear.onednn_bf16", "the library takes no empty product"},
    {"linear*.*bf16", "x is * and the weight is *; both must be bf16"},
    {"attention.*_sm80", "q is f32; it takes bf16 only"},
    {"linear*.*", "[xw] is f32; it takes bf16 only"},
    {"qkv_rope.gemv_warp", "the cache is f32, it takes bf16 only"},
    {"patch_embed.implicit_mma_sm80", "pixels are f32, it takes u8 levels"},
    {"patch_embed.implicit_mma_sm80", "y is f32, it takes bf16 only"},
    // Vectors and their alignment.
    {"attention.*_sm80", "the head size is *, it takes 64 and 128"},
    {"attention.*_avx*", "the head size is *; multiples of 8 up to 256 are taken"},
    {"*", "K is *, not a multiple of 8"},
    {"*", "rows have *, not a multiple of 8"},
    {"*.warp_row", "rows have * elements, at most 2048"},
    {"*.block_row", "rows have * elements, at most 8192"},
    {"pos_embed.*", "rows have * elements, at most 2048"},
    {"*", "* begins [24] bytes behind a 16-byte boundary"},
    {"patch_embed.implicit_mma_sm80", "rows of pixels, * apart, do not begin at 8-byte boundaries"},
};

bool every = false;

}  // namespace

void allow_every_skip() { every = true; }

bool skip_allowed(const std::string& who, const std::string& reason) {
  for (const Allowed& a : kAllowed)
    if (!fnmatch(a.who, who.c_str(), 0) && !fnmatch(a.reason, reason.c_str(), 0)) return true;
  return every;
}

}  // namespace glimpse::test
