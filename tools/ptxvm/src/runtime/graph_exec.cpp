// Executable graphs: a private copy of the graph whose nodes are found by the handles of the original.
#include <algorithm>
#include <cstring>

#include "runtime/graph.h"

using namespace ptxvm;

namespace ptxvm {

cudaError_t generic_op(cudaGraphNodeParams* params, Op* op) {
  switch (params->type) {
    case cudaGraphNodeTypeKernel: {
      const auto& k = params->kernel;
      return kernel_op({k.func, k.gridDim, k.blockDim, k.sharedMemBytes, k.kernelParams, k.extra}, op);
    }
    case cudaGraphNodeTypeMemcpy: return copy_op(params->memcpy.copyParams, op);
    case cudaGraphNodeTypeMemset: {
      const auto& m = params->memset;
      return set_op({m.dst, m.pitch, m.value, m.elementSize, m.width, m.height}, op);
    }
    case cudaGraphNodeTypeHost: *op = HostOp{params->host.fn, params->host.userData}; return cudaSuccess;
    case cudaGraphNodeTypeGraph: return child_op(params->graph.graph, op);
    case cudaGraphNodeTypeEmpty: return cudaSuccess;
    case cudaGraphNodeTypeWaitEvent:
      *op = WaitOp{reinterpret_cast<Event*>(params->eventWait.event)};
      return cudaSuccess;
    case cudaGraphNodeTypeEventRecord:
      *op = RecordOp{reinterpret_cast<Event*>(params->eventRecord.event)};
      return cudaSuccess;
    case cudaGraphNodeTypeMemAlloc: {
      cudaMemAllocNodeParams alloc = {};
      alloc.bytesize = params->alloc.bytesize;
      const auto error = alloc_op(&alloc, op);
      params->alloc.dptr = alloc.dptr;
      return error;
    }
    case cudaGraphNodeTypeMemFree: *op = FreeOp{params->free.dptr}; return cudaSuccess;
    default:
      say_once("graph nodes of type " + std::to_string(params->type) + " are not supported");
      return cudaErrorNotSupported;
  }
}

}  // namespace ptxvm

namespace {

struct Exec {
  std::unique_ptr<Graph> graph;
  std::map<const Node*, Node*> copies;
  unsigned long long flags = 0;
};

Exec* exec_of(cudaGraphExec_t handle) { return reinterpret_cast<Exec*>(handle); }

Node* find_node(cudaGraphExec_t handle, cudaGraphNode_t original) {
  if (!handle) return nullptr;
  const auto& copies = exec_of(handle)->copies;
  const auto at = copies.find(reinterpret_cast<Node*>(original));
  return at == copies.end() ? nullptr : at->second;
}

cudaError_t instantiate(cudaGraphExec_t* out, cudaGraph_t handle, unsigned long long flags) {
  if (!out || !handle) return cudaErrorInvalidValue;
  const auto& graph = *reinterpret_cast<Graph*>(handle);
  if (!graph.nodes.empty() && graph.order().empty()) return cudaErrorInvalidValue;
  auto* exec = new Exec;
  exec->graph = clone_graph(graph, &exec->copies);
  exec->flags = flags;
  *out = reinterpret_cast<cudaGraphExec_t>(exec);
  return cudaSuccess;
}

template <class F>
cudaError_t change(cudaGraphExec_t exec, cudaGraphNode_t node, F&& make) {
  return api([&] {
    Op op;
    const auto error = make(&op);
    return error == cudaSuccess ? replace_op(find_node(exec, node), std::move(op)) : error;
  });
}

// Nodes are paired in the order they were added, which stream capture repeats.
cudaGraphExecUpdateResult compare(const Graph& old, const Graph& fresh, Node** culprit) {
  if (old.nodes.size() != fresh.nodes.size()) return cudaGraphExecUpdateErrorTopologyChanged;
  std::map<const Node*, size_t> old_index, fresh_index;
  for (size_t i = 0; i < old.nodes.size(); ++i) old_index[old.nodes[i].get()] = fresh_index[fresh.nodes[i].get()] = i;
  for (size_t i = 0; i < old.nodes.size(); ++i) {
    const auto &a = *old.nodes[i], &b = *fresh.nodes[i];
    *culprit = fresh.nodes[i].get();
    if (a.op.index() != b.op.index()) return cudaGraphExecUpdateErrorNodeTypeChanged;
    std::set<size_t> after_a, after_b;
    for (const auto* node : a.after) after_a.insert(old_index[node]);
    for (const auto* node : b.after) after_b.insert(fresh_index[node]);
    if (after_a != after_b) return cudaGraphExecUpdateErrorTopologyChanged;
  }
  *culprit = nullptr;
  return cudaGraphExecUpdateSuccess;
}

cudaError_t update(Exec& exec, const Graph& fresh, cudaGraphExecUpdateResultInfo* info) {
  Node* culprit = nullptr;
  const auto result = compare(*exec.graph, fresh, &culprit);
  if (info) *info = {result, reinterpret_cast<cudaGraphNode_t>(culprit), nullptr};
  if (result != cudaGraphExecUpdateSuccess) return cudaErrorGraphExecUpdateFailure;
  // The handles of the graph it was made from stay good, and those of the new graph become good too.
  for (size_t i = 0; i < fresh.nodes.size(); ++i) {
    auto* node = exec.graph->nodes[i].get();
    node->op = fresh.nodes[i]->op;
    if (auto* child = std::get_if<ChildOp>(&node->op)) child->graph = clone_graph(*child->graph, &exec.copies);
    repoint(*node);
    exec.copies[fresh.nodes[i].get()] = node;
  }
  return cudaSuccess;
}

}  // namespace

namespace ptxvm {

cudaError_t release(Counted* object, unsigned count) {
  if (!object || object->count < count) return cudaErrorInvalidValue;
  object->count -= count;
  if (object->count) return cudaSuccess;
  object->destroy(object->object);
  delete object;
  return cudaSuccess;
}

}  // namespace ptxvm

extern "C" {
cudaError_t cudaGraphInstantiate(cudaGraphExec_t* exec, cudaGraph_t graph, unsigned long long flags) {
  return api([&] { return instantiate(exec, graph, flags); });
}
cudaError_t cudaGraphInstantiateWithFlags(cudaGraphExec_t* exec, cudaGraph_t graph, unsigned long long flags) {
  return cudaGraphInstantiate(exec, graph, flags);
}
cudaError_t cudaGraphInstantiateWithParams(cudaGraphExec_t* exec, cudaGraph_t graph, cudaGraphInstantiateParams* p) {
  return api([&] {
    if (!p) return cudaErrorInvalidValue;
    const auto error = instantiate(exec, graph, p->flags);
    p->errNode_out = nullptr;
    p->result_out = error == cudaSuccess ? cudaGraphInstantiateSuccess : cudaGraphInstantiateInvalidStructure;
    return error;
  });
}
cudaError_t cudaGraphExecGetFlags(cudaGraphExec_t exec, unsigned long long* flags) {
  return api([&] { return *flags = exec_of(exec)->flags, cudaSuccess; });
}
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec) {
  return api([&] {
    if (!exec) return cudaErrorInvalidValue;
    delete exec_of(exec);
    return cudaSuccess;
  });
}
cudaError_t cudaGraphUpload(cudaGraphExec_t exec, cudaStream_t) {
  return api([&] { return exec ? cudaSuccess : cudaErrorInvalidValue; });
}
// Launched into a captured stream, an executable graph becomes a child of the captured one.
cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream) {
  return api([&] {
    if (!exec) return cudaErrorInvalidValue;
    bool capturing = false;
    if (const auto error = is_capturing(stream, &capturing); error != cudaSuccess) return error;
    if (!capturing) return execute(*exec_of(exec)->graph);
    std::map<const Node*, Node*> copies;
    return enqueue(stream, ChildOp{clone_graph(*exec_of(exec)->graph, &copies)});
  });
}
cudaError_t cudaGraphExecUpdate(cudaGraphExec_t exec, cudaGraph_t graph, cudaGraphExecUpdateResultInfo* info) {
  return api([&] {
    if (!exec || !graph) return cudaErrorInvalidValue;
    return update(*exec_of(exec), *reinterpret_cast<Graph*>(graph), info);
  });
}
cudaError_t cudaGraphNodeSetEnabled(cudaGraphExec_t exec, cudaGraphNode_t handle, unsigned enabled) {
  return api([&] {
    auto* node = find_node(exec, handle);
    if (!node) return cudaErrorInvalidValue;
    node->enabled = enabled != 0;
    return cudaSuccess;
  });
}
cudaError_t cudaGraphNodeGetEnabled(cudaGraphExec_t exec, cudaGraphNode_t handle, unsigned* enabled) {
  return api([&] {
    const auto* node = find_node(exec, handle);
    if (!node) return cudaErrorInvalidValue;
    *enabled = node->enabled;
    return cudaSuccess;
  });
}
cudaError_t cudaGraphExecKernelNodeSetParams(cudaGraphExec_t exec, cudaGraphNode_t node,
                                             const cudaKernelNodeParams* p) {
  return change(exec, node, [&](Op* op) { return kernel_op(*p, op); });
}
cudaError_t cudaGraphExecMemcpyNodeSetParams(cudaGraphExec_t exec, cudaGraphNode_t node, const cudaMemcpy3DParms* p) {
  return change(exec, node, [&](Op* op) { return copy_op(*p, op); });
}
cudaError_t cudaGraphExecMemcpyNodeSetParams1D(cudaGraphExec_t exec, cudaGraphNode_t node, void* to, const void* from,
                                               size_t count, cudaMemcpyKind kind) {
  return change(exec, node, [&](Op* op) { return copy_op(linear_copy(to, from, count, kind), op); });
}
cudaError_t cudaGraphExecMemcpyNodeSetParamsToSymbol(cudaGraphExec_t exec, cudaGraphNode_t node, const void* symbol,
                                                     const void* from, size_t count, size_t offset,
                                                     cudaMemcpyKind kind) {
  return change(exec, node,
                [&](Op* op) { return symbol_copy_op(true, symbol, const_cast<void*>(from), count, offset, kind, op); });
}
cudaError_t cudaGraphExecMemcpyNodeSetParamsFromSymbol(cudaGraphExec_t exec, cudaGraphNode_t node, void* to,
                                                       const void* symbol, size_t count, size_t offset,
                                                       cudaMemcpyKind kind) {
  return change(exec, node, [&](Op* op) { return symbol_copy_op(false, symbol, to, count, offset, kind, op); });
}
cudaError_t cudaGraphExecMemsetNodeSetParams(cudaGraphExec_t exec, cudaGraphNode_t node, const cudaMemsetParams* p) {
  return change(exec, node, [&](Op* op) { return set_op(*p, op); });
}
cudaError_t cudaGraphExecHostNodeSetParams(cudaGraphExec_t exec, cudaGraphNode_t node, const cudaHostNodeParams* p) {
  return change(exec, node, [&](Op* op) { return *op = HostOp{p->fn, p->userData}, cudaSuccess; });
}
cudaError_t cudaGraphExecChildGraphNodeSetParams(cudaGraphExec_t exec, cudaGraphNode_t node, cudaGraph_t child) {
  return change(exec, node, [&](Op* op) { return child_op(child, op); });
}
cudaError_t cudaGraphExecEventRecordNodeSetEvent(cudaGraphExec_t exec, cudaGraphNode_t node, cudaEvent_t event) {
  return change(exec, node, [&](Op* op) { return *op = RecordOp{reinterpret_cast<Event*>(event)}, cudaSuccess; });
}
cudaError_t cudaGraphExecEventWaitNodeSetEvent(cudaGraphExec_t exec, cudaGraphNode_t node, cudaEvent_t event) {
  return change(exec, node, [&](Op* op) { return *op = WaitOp{reinterpret_cast<Event*>(event)}, cudaSuccess; });
}
cudaError_t cudaGraphExecNodeSetParams(cudaGraphExec_t exec, cudaGraphNode_t node, cudaGraphNodeParams* params) {
  return change(exec, node, [&](Op* op) { return generic_op(params, op); });
}
cudaError_t cudaDeviceGraphMemTrim(int device) {
  return api([&] { return known_device(device) ? cudaSuccess : cudaErrorInvalidDevice; });
}
cudaError_t cudaUserObjectCreate(cudaUserObject_t* out, void* object, cudaHostFn_t destroy, unsigned count, unsigned) {
  return api([&] {
    if (!out || !destroy || !count) return cudaErrorInvalidValue;
    *out = reinterpret_cast<cudaUserObject_t>(new Counted{object, destroy, count});
    return cudaSuccess;
  });
}
cudaError_t cudaUserObjectRetain(cudaUserObject_t object, unsigned count) {
  return api([&] { return reinterpret_cast<Counted*>(object)->count += count, cudaSuccess; });
}
cudaError_t cudaGraphRetainUserObject(cudaGraph_t graph, cudaUserObject_t object, unsigned count, unsigned flags) {
  return api([&] {
    if (!graph || !object || !count) return cudaErrorInvalidValue;
    auto* counted = reinterpret_cast<Counted*>(object);
    if (!(flags & cudaGraphUserObjectMove)) counted->count += count;
    reinterpret_cast<Graph*>(graph)->owned.insert(reinterpret_cast<Graph*>(graph)->owned.end(), count, counted);
    return cudaSuccess;
  });
}
cudaError_t cudaGraphReleaseUserObject(cudaGraph_t graph, cudaUserObject_t object, unsigned count) {
  return api([&] {
    auto& owned = reinterpret_cast<Graph*>(graph)->owned;
    auto* counted = reinterpret_cast<Counted*>(object);
    for (unsigned i = 0; i < count; ++i) {
      const auto at = std::find(owned.begin(), owned.end(), counted);
      if (at == owned.end()) return cudaErrorInvalidValue;
      owned.erase(at);
    }
    return release(counted, count);
  });
}
cudaError_t cudaUserObjectRelease(cudaUserObject_t object, unsigned count) {
  return api([&] { return release(reinterpret_cast<Counted*>(object), count); });
}
}
