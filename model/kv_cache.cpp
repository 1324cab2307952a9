#include "model/kv_cache.h"

namespace glimpse {

KvCache::KvCache(Backend& backend, DType dtype, int slots, int layers, int kv_heads, int64_t capacity, int head_dim)
    : dtype_(dtype),
      slots_(slots),
      layers_(layers),
      kv_heads_(kv_heads),
      head_dim_(head_dim),
      capacity_(capacity),
      buffer_(backend, size_t(slots * capacity * bytes_per_token(dtype, layers, kv_heads, head_dim))) {}

TensorView KvCache::part(int layer, int which) const {
  const int64_t head = capacity_ * head_dim_, one = kv_heads_ * head;
  TensorView t = TensorView::dense(buffer_.data(), dtype_, {slots_, kv_heads_, capacity_, head_dim_});
  t.stride[0] = int64_t(layers_) * 2 * one;
  t.data = static_cast<char*>(t.data) + (int64_t(layer) * 2 + which) * one * size_of(dtype_);
  return t;
}

}  // namespace glimpse
