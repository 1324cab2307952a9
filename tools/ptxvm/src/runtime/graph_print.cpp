// cudaGraphDebugDotPrint: a graph in the DOT language, kernels by name.
#include <cstdio>

#include "runtime/graph.h"

using namespace ptxvm;

extern "C" cudaError_t cudaGraphDebugDotPrint(cudaGraph_t graph, const char* path, unsigned) {
  std::FILE* file = graph && path ? std::fopen(path, "w") : nullptr;
  if (!file) return graph && path ? cudaErrorOperatingSystem : cudaErrorInvalidValue;
  static constexpr const char* kNames[] = {"KERNEL", "MEMCPY", "MEMSET", "HOST",   "GRAPH",
                                           "EMPTY",  "WAIT",   "RECORD", "SIGNAL", "WAIT_EXTERNAL",
                                           "ALLOC",  "FREE"};
  std::fputs("digraph dot {\n", file);
  for (const auto& node : graph_of(graph)->nodes) {
    const auto handle = reinterpret_cast<cudaGraphNode_t>(node.get());
    cudaGraphNodeType type = cudaGraphNodeTypeEmpty;
    cudaKernelNodeParams kernel = {};
    const char* name = nullptr;
    cudaGraphNodeGetType(handle, &type);
    if (type == cudaGraphNodeTypeKernel && cudaGraphKernelNodeGetParams(handle, &kernel) == cudaSuccess)
      cudaFuncGetName(&name, kernel.func);
    const auto index = static_cast<size_t>(type);
    std::fprintf(file, "\"node_%p\" [shape=box label=\"%s%s%s\"];\n", static_cast<void*>(node.get()),
                 index < std::size(kNames) ? kNames[index] : "NODE", name ? "\\n" : "", name ? name : "");
    for (const auto* before : node->after)
      std::fprintf(file, "\"node_%p\" -> \"node_%p\";\n", static_cast<const void*>(before),
                   static_cast<void*>(node.get()));
  }
  std::fputs("}\n", file);
  return std::fclose(file) == 0 ? cudaSuccess : cudaErrorOperatingSystem;
}
