#include "model/kv_cache.h"

namespace glimpse {

// Bytes of the whole cache, refused where there are fewer.
static size_t checked(const Backend& backend, int slots, int64_t capacity, int64_t per_token) {
  const int64_t left = backend.available_bytes();
  GLIMPSE_CHECK(slots > 0 && capacity > 0 && capacity <= INT64_MAX / per_token / slots,
                "a KV cache of %d sequences of %lld tokens", slots, (long long)capacity);
  const int64_t bytes = slots * capacity * per_token;
  GLIMPSE_CHECK(bytes <= left, "the KV cache of %d x %lld tokens needs %.2f GB of memory, %s has %.2f GB left; give a "
                "smaller context, fewer sequences or bf16 activations", slots, (long long)capacity,
                1e-9 * double(bytes), backend.info().name, 1e-9 * double(left));
  return size_t(bytes);
}

KvCache::KvCache(Backend& backend, DType dtype, int slots, int layers, int kv_heads, int64_t capacity, int head_dim)
    : backend_(backend),
      dtype_(dtype),
      slots_(slots),
      layers_(layers),
      kv_heads_(kv_heads),
      head_dim_(head_dim),
      capacity_(capacity),
      buffer_(backend, checked(backend, slots, capacity, bytes_per_token(dtype, layers, kv_heads, head_dim))) {}

void KvCache::copy(int from, int to, int64_t tokens) {
  GLIMPSE_CHECK(tokens <= capacity_, "%lld tokens of a cache of %lld", (long long)tokens, (long long)capacity_);
  for (int layer = 0; layer < layers_; ++layer)
    for (int which = 0; which < 2; ++which) {
      const TensorView all = part(layer, which);
      for (int head = 0; head < kv_heads_; ++head) {
        const TensorView source = all.select(0, from).select(0, head).slice(0, 0, tokens);
        backend_.copy(all.select(0, to).select(0, head).data, source.data, size_t(source.bytes()));
      }
    }
}

TensorView KvCache::part(int layer, int which) const {
  const int64_t head = capacity_ * head_dim_, one = kv_heads_ * head;
  TensorView t = TensorView::dense(buffer_.data(), dtype_, {slots_, kv_heads_, capacity_, head_dim_});
  t.stride[0] = int64_t(layers_) * 2 * one;
  t.data = static_cast<char*>(t.data) + (int64_t(layer) * 2 + which) * one * size_of(dtype_);
  return t;
}

}  // namespace glimpse
