// For entry points that take a stream.
#pragma once

#include "runtime/operation.h"

namespace ptxvm {

template <class F>
cudaError_t with_stream(cudaStream_t handle, F&& body) {
  return api([&] {
    Stream* stream = nullptr;
    const auto error = find_stream(handle, &stream);
    return error == cudaSuccess ? body(*stream) : error;
  });
}

}  // namespace ptxvm
