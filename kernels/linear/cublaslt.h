// cuBLASLt, half a gigabyte, opened when it is first asked for and never linked.
#pragma once
#include <cublasLt.h>
#include <dlfcn.h>

#include "glimpse/core/error.h"

namespace glimpse::cublaslt {

// Its functions that linear calls, by the types of its own header.
struct Library {
  decltype(&::cublasLtCreate) create = nullptr;
  decltype(&::cublasLtDestroy) destroy = nullptr;
  decltype(&::cublasLtGetStatusString) status_string = nullptr;
  decltype(&::cublasLtMatmul) matmul = nullptr;
  decltype(&::cublasLtMatmulAlgoGetHeuristic) heuristic = nullptr;
  decltype(&::cublasLtMatmulDescCreate) desc_create = nullptr;
  decltype(&::cublasLtMatmulDescDestroy) desc_destroy = nullptr;
  decltype(&::cublasLtMatmulDescSetAttribute) desc_set = nullptr;
  decltype(&::cublasLtMatrixLayoutCreate) layout_create = nullptr;
  decltype(&::cublasLtMatrixLayoutDestroy) layout_destroy = nullptr;
  decltype(&::cublasLtMatmulPreferenceCreate) preference_create = nullptr;
  decltype(&::cublasLtMatmulPreferenceDestroy) preference_destroy = nullptr;
  decltype(&::cublasLtMatmulPreferenceSetAttribute) preference_set = nullptr;
  char missing[160] = "";  // why it is not usable; empty: it is
};

// Of the toolkit that this was built with.
inline const Library& library() {
  static const Library loaded = [] {
    Library l;
    const char* name = "libcublasLt.so.13";
    void* handle = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (!handle) std::snprintf(l.missing, sizeof l.missing, "%s", dlerror());
    const auto find = [&](auto& function, const char* symbol) {
      if (*l.missing) return;
      function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(dlsym(handle, symbol));
      if (!function) std::snprintf(l.missing, sizeof l.missing, "%s has no %s", name, symbol);
    };
    find(l.create, "cublasLtCreate"), find(l.destroy, "cublasLtDestroy");
    find(l.status_string, "cublasLtGetStatusString"), find(l.matmul, "cublasLtMatmul");
    find(l.heuristic, "cublasLtMatmulAlgoGetHeuristic"), find(l.desc_create, "cublasLtMatmulDescCreate");
    find(l.desc_destroy, "cublasLtMatmulDescDestroy"), find(l.desc_set, "cublasLtMatmulDescSetAttribute");
    find(l.layout_create, "cublasLtMatrixLayoutCreate"), find(l.layout_destroy, "cublasLtMatrixLayoutDestroy");
    find(l.preference_create, "cublasLtMatmulPreferenceCreate");
    find(l.preference_destroy, "cublasLtMatmulPreferenceDestroy");
    find(l.preference_set, "cublasLtMatmulPreferenceSetAttribute");
    return l;
  }();
  return loaded;
}

inline void check(cublasStatus_t status, const char* what) {
  GLIMPSE_CHECK(status == CUBLAS_STATUS_SUCCESS, "cuBLASLt, %s: %s", what, library().status_string(status));
}

}  // namespace glimpse::cublaslt
