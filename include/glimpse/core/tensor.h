// Views on memory owned elsewhere: TensorView (type-erased, the currency of contracts) and View (typed, for code).
#pragma once
#include <initializer_list>

#include "glimpse/core/dtype.h"
#include "glimpse/core/error.h"

namespace glimpse {

// Typed view of static rank; trivially copyable, so a kernel can take it as it is. Strides in elements.
template <class T, int R> struct View {
  T* data = nullptr;
  int64_t shape[R] = {};
  int64_t stride[R] = {};

  template <class... I> GLIMPSE_HD constexpr T& operator()(I... i) const {
    static_assert(sizeof...(I) == R);
    const int64_t index[R] = {int64_t(i)...};
    int64_t at = 0;
    for (int d = 0; d < R; ++d) at += index[d] * stride[d];
    return data[at];
  }
};

// Type-erased view. A view without data is an absent optional tensor. Strides in elements.
struct TensorView {
  static constexpr int kMaxRank = 5;
  void* data = nullptr;
  DType dtype = DType::f32;
  int rank = 0;
  int64_t shape[kMaxRank] = {};
  int64_t stride[kMaxRank] = {};

  explicit operator bool() const { return data != nullptr; }

  // Dense row-major view.
  static TensorView dense(void* data, DType dtype, std::initializer_list<int64_t> shape) {
    TensorView t;
    t.data = data, t.dtype = dtype;
    for (int64_t n : shape) t.shape[t.rank++] = n;
    int64_t step = 1;
    for (int d = t.rank - 1; d >= 0; --d) t.stride[d] = step, step *= t.shape[d];
    return t;
  }

  int64_t numel() const {
    int64_t n = 1;
    for (int d = 0; d < rank; ++d) n *= shape[d];
    return rank ? n : 0;
  }
  // Bytes of the elements, without gaps between strided rows.
  int64_t bytes() const { return numel() * size_of(dtype); }
  bool is_dense() const {
    int64_t step = 1;
    for (int d = rank - 1; d >= 0; --d) {
      if (shape[d] != 1 && stride[d] != step) return false;
      step *= shape[d];
    }
    return true;
  }
  // Elements from data to one past the last one reached.
  int64_t span() const {
    int64_t last = 0;
    for (int d = 0; d < rank; ++d) {
      if (shape[d] == 0) return 0;
      last += (shape[d] - 1) * stride[d];
    }
    return rank ? last + 1 : 0;
  }

  // Rows lo..hi-1 of dimension `dim`.
  TensorView slice(int dim, int64_t lo, int64_t hi) const {
    GLIMPSE_CHECK(dim < rank && 0 <= lo && lo <= hi && hi <= shape[dim],
                  "slice %lld..%lld of dimension %d of size %lld", (long long)lo,
                  (long long)hi, dim, (long long)(dim < rank ? shape[dim] : -1));
    TensorView t = *this;
    if (data) t.data = static_cast<char*>(data) + lo * stride[dim] * size_of(dtype);
    t.shape[dim] = hi - lo;
    return t;
  }
  // Element `i` of dimension `dim`, which goes away.
  TensorView select(int dim, int64_t i) const {
    TensorView t = slice(dim, i, i + 1);
    for (int d = dim; d + 1 < rank; ++d) t.shape[d] = t.shape[d + 1], t.stride[d] = t.stride[d + 1];
    t.shape[--t.rank] = 0;
    return t;
  }
  TensorView transpose(int a, int b) const {
    GLIMPSE_CHECK(a < rank && b < rank, "transpose(%d, %d) of rank %d", a, b, rank);
    TensorView t = *this;
    t.shape[a] = shape[b], t.shape[b] = shape[a], t.stride[a] = stride[b], t.stride[b] = stride[a];
    return t;
  }
  // The last dimension split in two; always possible.
  TensorView split_last(int64_t inner) const {
    GLIMPSE_CHECK(rank > 0 && rank < kMaxRank && inner > 0 && shape[rank - 1] % inner == 0,
                  "cannot split a last dimension of %lld by %lld", (long long)(rank ? shape[rank - 1] : 0),
                  (long long)inner);
    TensorView t = *this;
    t.shape[rank - 1] = shape[rank - 1] / inner, t.stride[rank - 1] = stride[rank - 1] * inner;
    t.shape[rank] = inner, t.stride[rank] = stride[rank - 1], t.rank = rank + 1;
    return t;
  }
  // Dense tensors only.
  TensorView reshape(std::initializer_list<int64_t> to) const {
    TensorView t = dense(data, dtype, to);
    GLIMPSE_CHECK(is_dense() && t.numel() == numel(), "reshape needs a dense tensor of %lld elements, this has %lld",
                  (long long)t.numel(), (long long)numel());
    return t;
  }
};

// The typed view; throws where dtype or rank differ.
template <class T, int R> View<T, R> view(const TensorView& t) {
  GLIMPSE_CHECK(t.dtype == dtype_of<T>() && t.rank == R, "expected a %s tensor of rank %d, got %s of rank %d",
                name_of(dtype_of<T>()), R, name_of(t.dtype), t.rank);
  View<T, R> v;
  v.data = static_cast<T*>(t.data);
  for (int d = 0; d < R; ++d) v.shape[d] = t.shape[d], v.stride[d] = t.stride[d];
  return v;
}

}  // namespace glimpse
