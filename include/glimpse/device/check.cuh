// CUDA_CHECK throws glimpse::Error with the runtime's own words.
#pragma once
#include "glimpse/core/error.h"

#define CUDA_CHECK(call)                                                                                   \
  do {                                                                                                     \
    const cudaError_t status_ = (call);                                                                    \
    GLIMPSE_CHECK(status_ == cudaSuccess, "%s: %s", cudaGetErrorName(status_), cudaGetErrorString(status_)); \
  } while (0)
