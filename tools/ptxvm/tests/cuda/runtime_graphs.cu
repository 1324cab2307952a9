// Graphs built by hand: every node type, parameters read and changed, updates, clones and child graphs.
#include <cstring>

#include "runtime_test.h"

__device__ int variable = 1;

static cudaKernelNodeParams kernel(const void* function, void** arguments) {
  cudaKernelNodeParams p = {};
  p.func = const_cast<void*>(function);
  p.gridDim = dim3(1);
  p.blockDim = dim3(64);
  p.kernelParams = arguments;
  return p;
}

static void parameters(int* a) {
  cudaGraph_t graph;
  cudaGraphNode_t filled, incremented;
  OK(cudaGraphCreate(&graph, 0));
  int value = 5, count = 64;
  void* fill_arguments[] = {&a, &value, &count};
  void* increment_arguments[] = {&a, &count};
  auto p = kernel(reinterpret_cast<const void*>(fill), fill_arguments);
  OK(cudaGraphAddKernelNode(&filled, graph, nullptr, 0, &p));
  p = kernel(reinterpret_cast<const void*>(increment), increment_arguments);
  OK(cudaGraphAddKernelNode(&incremented, graph, &filled, 1, &p));
  value = 99;  // the node has its own copy
  cudaGraphExec_t exec;
  OK(cudaGraphInstantiate(&exec, graph, 0));
  OK(cudaGraphLaunch(exec, 0));
  REQUIRE(all_are(host_copy(a, 64), 6));
  cudaKernelNodeParams read;
  OK(cudaGraphKernelNodeGetParams(filled, &read));
  REQUIRE(read.func == reinterpret_cast<void*>(fill) && *static_cast<int*>(read.kernelParams[1]) == 5);
  value = 20;
  p = kernel(reinterpret_cast<const void*>(fill), fill_arguments);
  OK(cudaGraphExecKernelNodeSetParams(exec, filled, &p));
  OK(cudaGraphLaunch(exec, 0));
  REQUIRE(all_are(host_copy(a, 64), 21));
  OK(cudaGraphNodeSetEnabled(exec, incremented, 0));
  OK(cudaGraphLaunch(exec, 0));
  REQUIRE(all_are(host_copy(a, 64), 20));
  value = 30;
  OK(cudaGraphKernelNodeSetParams(filled, &p));
  cudaGraphExecUpdateResultInfo info;
  OK(cudaGraphExecUpdate(exec, graph, &info));
  REQUIRE(info.result == cudaGraphExecUpdateSuccess);
  OK(cudaGraphLaunch(exec, 0));
  REQUIRE(host_copy(a, 1)[0] == 30);
  cudaGraphNode_t extra;
  OK(cudaGraphAddEmptyNode(&extra, graph, &incremented, 1));
  EXPECT(cudaErrorGraphExecUpdateFailure, cudaGraphExecUpdate(exec, graph, &info));
  REQUIRE(info.result == cudaGraphExecUpdateErrorTopologyChanged);
  OK(cudaGraphAddDependencies(graph, &extra, &filled, nullptr, 1));
  cudaGraphExec_t circular;
  EXPECT(cudaErrorInvalidValue, cudaGraphInstantiate(&circular, graph, 0));
  cudaGetLastError();
  OK(cudaGraphExecDestroy(exec));
  OK(cudaGraphDestroy(graph));
}

static void other_nodes(int* a) {
  cudaGraph_t graph, child;
  OK(cudaGraphCreate(&graph, 0));
  OK(cudaGraphCreate(&child, 0));
  cudaGraphNode_t set, to_symbol, from_symbol, nested, inside;
  cudaMemsetParams m = {};
  m.dst = a;
  m.elementSize = 4;
  m.value = 0x01020304;
  m.width = 64;
  m.height = 1;
  OK(cudaGraphAddMemsetNode(&set, graph, nullptr, 0, &m));
  int source = 77, result[64] = {}, symbol_value = 0, count = 64;
  void* arguments[] = {&a, &count};
  auto p = kernel(reinterpret_cast<const void*>(increment), arguments);
  OK(cudaGraphAddKernelNode(&inside, child, nullptr, 0, &p));
  OK(cudaGraphAddChildGraphNode(&nested, graph, &set, 1, child));
  OK(cudaGraphAddMemcpyNodeToSymbol(&to_symbol, graph, nullptr, 0, variable, &source, 4, 0, cudaMemcpyHostToDevice));
  OK(cudaGraphAddMemcpyNodeFromSymbol(&from_symbol, graph, &to_symbol, 1, &symbol_value, variable, 4, 0,
                                      cudaMemcpyDeviceToHost));
  cudaGraphNode_t copy;
  OK(cudaGraphAddMemcpyNode1D(&copy, graph, &nested, 1, result, a, sizeof result, cudaMemcpyDeviceToHost));
  cudaGraph_t twin;
  cudaGraphNode_t found;
  OK(cudaGraphClone(&twin, graph));
  OK(cudaGraphNodeFindInClone(&found, copy, twin));
  cudaGraphNodeType type;
  OK(cudaGraphNodeGetType(found, &type));
  REQUIRE(type == cudaGraphNodeTypeMemcpy);
  OK(cudaGraphDestroy(graph));
  OK(cudaGraphDestroy(child));
  cudaGraphExec_t exec;
  OK(cudaGraphInstantiate(&exec, twin, 0));
  OK(cudaGraphLaunch(exec, 0));
  REQUIRE(result[0] == 0x01020305 && result[63] == 0x01020305 && symbol_value == 77);
  OK(cudaGraphExecDestroy(exec));
  OK(cudaGraphDestroy(twin));
}

// A stream that joined the capture and was destroyed before its end; memory of the graph itself; the graph as text.
static void forked() {
  cudaStream_t origin, other;
  cudaEvent_t fork, join;
  OK(cudaStreamCreate(&origin));
  OK(cudaStreamCreate(&other));
  OK(cudaEventCreate(&fork));
  OK(cudaEventCreate(&join));
  OK(cudaStreamBeginCapture(origin, cudaStreamCaptureModeGlobal));
  int *own, result[64] = {};
  OK(cudaMallocAsync(&own, sizeof result, origin));
  fill<<<1, 64, 0, origin>>>(own, 4, 64);
  OK(cudaEventRecord(fork, origin));
  OK(cudaStreamWaitEvent(other, fork));
  increment<<<1, 64, 0, other>>>(own, 64);
  OK(cudaEventRecord(join, other));
  OK(cudaStreamWaitEvent(origin, join));
  OK(cudaStreamDestroy(other));
  OK(cudaEventDestroy(join));
  OK(cudaMemcpyAsync(result, own, sizeof result, cudaMemcpyDeviceToHost, origin));
  OK(cudaFreeAsync(own, origin));
  cudaGraph_t graph;
  OK(cudaStreamEndCapture(origin, &graph));
  cudaGraphExec_t exec;
  OK(cudaGraphInstantiate(&exec, graph, 0));
  OK(cudaGraphLaunch(exec, origin));
  OK(cudaStreamSynchronize(origin));
  REQUIRE(result[0] == 5 && result[63] == 5);
  OK(cudaGraphDebugDotPrint(graph, "runtime_graphs.dot", 0));
  std::FILE* file = std::fopen("runtime_graphs.dot", "r");
  REQUIRE(file != nullptr);
  char text[4096];
  text[std::fread(text, 1, sizeof text - 1, file)] = 0;
  std::fclose(file);
  REQUIRE(std::strncmp(text, "digraph", 7) == 0 && std::strstr(text, "increment") != nullptr);
  OK(cudaGraphDestroy(graph));
}

// Memory that a graph allocates and the program frees: by cudaFree, by cudaFreeAsync, and in another graph.
static void freed_outside() {
  cudaStream_t stream;
  OK(cudaStreamCreate(&stream));
  cudaGraph_t graph, freeing;
  cudaGraphNode_t allocation, kernel, release;
  OK(cudaGraphCreate(&graph, 0));
  OK(cudaGraphCreate(&freeing, 0));
  cudaMemAllocNodeParams memory = {};
  memory.poolProps.allocType = cudaMemAllocationTypePinned;
  memory.poolProps.location.type = cudaMemLocationTypeDevice;
  memory.bytesize = 256;
  OK(cudaGraphAddMemAllocNode(&allocation, graph, nullptr, 0, &memory));
  int *own = static_cast<int*>(memory.dptr), value = 3, count = 64;
  void* arguments[] = {&own, &value, &count};
  cudaKernelNodeParams launch = {};
  launch.func = reinterpret_cast<void*>(fill);
  launch.gridDim = 1, launch.blockDim = 64, launch.kernelParams = arguments;
  OK(cudaGraphAddKernelNode(&kernel, graph, &allocation, 1, &launch));
  OK(cudaGraphAddMemFreeNode(&release, freeing, nullptr, 0, own));
  cudaGraphExec_t exec, exec_freeing;
  OK(cudaGraphInstantiate(&exec, graph, 0));
  OK(cudaGraphInstantiate(&exec_freeing, freeing, 0));
  for (int way = 0; way < 3; ++way) {
    OK(cudaGraphLaunch(exec, stream));
    increment<<<1, 64, 0, stream>>>(own, 64);
    OK(cudaStreamSynchronize(stream));
    REQUIRE(all_are(host_copy(own, 64), 4));
    OK(way == 0 ? cudaFree(own) : way == 1 ? cudaFreeAsync(own, stream) : cudaGraphLaunch(exec_freeing, stream));
  }
}

int main() {
  int* a;
  OK(cudaMalloc(&a, 64 * sizeof(int)));
  parameters(a);
  other_nodes(a);
  forked();
  freed_outside();
  std::puts("ok");
}
