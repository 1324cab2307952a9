// What can be put into a stream: executed at once, or, while the stream is captured, added to a graph.
#pragma once

#include <cuda_runtime_api.h>

#include <memory>
#include <thread>
#include <variant>
#include <vector>

#include "runtime/runtime.h"

namespace ptxvm {

struct Graph;
struct Event;

struct EmptyOp {};
struct KernelOp {
  Function* function = nullptr;
  LaunchConfig config;
  std::vector<std::byte> parameters;  // laid out as the kernel's .param space
  std::vector<void*> pointers;        // into parameters, what cudaGraphKernelNodeGetParams hands out
  std::vector<cudaLaunchAttribute> attributes;
};
struct CopyOp {
  cudaMemcpy3DParms p;
};
struct SetOp {
  cudaMemsetParams p;
};
struct HostOp {
  cudaHostFn_t function;
  void* data;
};
struct ChildOp {
  std::shared_ptr<Graph> graph;
};
struct RecordOp {
  Event* event;
};
struct WaitOp {
  Event* event;
};
struct AllocOp {
  void* pointer;
  size_t size;
};
struct FreeOp {
  void* pointer;
};
using Op = std::variant<EmptyOp, KernelOp, CopyOp, SetOp, HostOp, ChildOp, RecordOp, WaitOp, AllocOp, FreeOp>;

struct Node {
  Graph* graph = nullptr;
  Op op;
  std::vector<Node*> after;  // its dependencies
  bool enabled = true;
};

struct Counted {  // cudaUserObject_t
  void* object;
  cudaHostFn_t destroy;
  unsigned count;
};
cudaError_t release(Counted* object, unsigned count);

struct Graph {
  std::vector<std::unique_ptr<Node>> nodes;
  std::vector<Counted*> owned;  // one entry for each reference
  Node* add(Op op, std::vector<Node*> after);
  // Every node after its dependencies, otherwise in the order they were added; empty if there is a cycle.
  std::vector<Node*> order() const;
};

struct Capture {
  Graph* graph;
  cudaStream_t origin;
  cudaStreamCaptureMode mode;
  unsigned long long id;
  std::thread::id thread;
  bool invalid = false, owned = true;
  std::vector<Node*> left;  // the last operations of streams that were destroyed since
};

struct Stream {
  unsigned flags = cudaStreamDefault;
  int priority = 0;
  unsigned long long id = 0;
  std::shared_ptr<Capture> capture;
  std::vector<Node*> after;  // while capturing: what the next operation depends on
  std::map<int, cudaLaunchAttributeValue> attributes;
};

struct Event {
  unsigned flags = 0;
  bool recorded = false;
  std::shared_ptr<Capture> capture;
  std::vector<Node*> after;
};

cudaError_t find_stream(cudaStream_t handle, Stream** found);
cudaError_t find_event(cudaEvent_t handle, Event** found);
cudaError_t is_capturing(cudaStream_t stream, bool* capturing);
// The error of a call that capture forbids (a synchronous copy, an allocation); it invalidates the capture.
cudaError_t forbidden_by_capture();
cudaError_t enqueue(cudaStream_t stream, Op op);
cudaError_t execute(const Op& op);
cudaError_t execute(const Graph& graph);

cudaError_t check_copy(const cudaMemcpy3DParms& p);
cudaMemcpy3DParms linear_copy(void* to, const void* from, size_t size, cudaMemcpyKind kind);

// Packs arguments and checks the configuration's type-independent parts.
cudaError_t make_kernel(const void* function, dim3 grid, dim3 block, size_t shared, void** arguments, KernelOp* made);
cudaError_t apply_attribute(const cudaLaunchAttribute& attribute, KernelOp* op);

}  // namespace ptxvm
