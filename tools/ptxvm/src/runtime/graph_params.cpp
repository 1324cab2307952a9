// Graphs: reading and changing the parameters of nodes.
#include <cstring>

#include "runtime/graph.h"

using namespace ptxvm;

namespace {

cudaGraphNodeType type_of(const Op& op) {
  constexpr cudaGraphNodeType kTypes[] = {
      cudaGraphNodeTypeEmpty,    cudaGraphNodeTypeKernel, cudaGraphNodeTypeMemcpy,      cudaGraphNodeTypeMemset,
      cudaGraphNodeTypeHost,     cudaGraphNodeTypeGraph,  cudaGraphNodeTypeEventRecord, cudaGraphNodeTypeWaitEvent,
      cudaGraphNodeTypeMemAlloc, cudaGraphNodeTypeMemFree};
  static_assert(std::size(kTypes) == std::variant_size_v<Op>);
  return kTypes[op.index()];
}

}  // namespace

extern "C" {
cudaError_t cudaGraphNodeSetParams(cudaGraphNode_t node, cudaGraphNodeParams* params) {
  return set_made(node, [&](Op* op) { return generic_op(params, op); });
}
cudaError_t cudaGraphKernelNodeGetParams(cudaGraphNode_t handle, cudaKernelNodeParams* p) {
  return with_op<KernelOp>(handle, [&](KernelOp& op, Node&) {
    *p = {};
    p->func = op.function;
    for (const auto& [stub, function] : runtime().functions)
      if (function == op.function) p->func = const_cast<void*>(stub);
    p->gridDim = dim3(op.config.grid.x, op.config.grid.y, op.config.grid.z);
    p->blockDim = dim3(op.config.block.x, op.config.block.y, op.config.block.z);
    p->sharedMemBytes = op.config.dynamic_shared;
    p->kernelParams = op.pointers.data();
    return cudaSuccess;
  });
}
cudaError_t cudaGraphKernelNodeSetParams(cudaGraphNode_t node, const cudaKernelNodeParams* p) {
  return set_made(node, [&](Op* op) { return kernel_op(*p, op); });
}
cudaError_t cudaGraphKernelNodeSetAttribute(cudaGraphNode_t handle, cudaKernelNodeAttrID id,
                                            const cudaKernelNodeAttrValue* value) {
  return with_op<KernelOp>(handle, [&](KernelOp& op, Node&) {
    cudaLaunchAttribute attribute = {};
    attribute.id = id;
    attribute.val = *value;
    return apply_attribute(attribute, &op);
  });
}
cudaError_t cudaGraphKernelNodeGetAttribute(cudaGraphNode_t handle, cudaKernelNodeAttrID id,
                                            cudaKernelNodeAttrValue* value) {
  return with_op<KernelOp>(handle, [&](KernelOp& op, Node&) {
    *value = {};
    for (const auto& attribute : op.attributes)
      if (attribute.id == id) *value = attribute.val;
    return cudaSuccess;
  });
}
cudaError_t cudaGraphKernelNodeCopyAttributes(cudaGraphNode_t to, cudaGraphNode_t from) {
  return with_op<KernelOp>(to, [&](KernelOp& op, Node&) {
    const auto* source = std::get_if<KernelOp>(&node_of(from)->op);
    if (!source) return cudaErrorInvalidValue;
    op.attributes = source->attributes;
    op.config.cooperative = source->config.cooperative;
    op.config.cluster = source->config.cluster;
    return cudaSuccess;
  });
}
cudaError_t cudaGraphMemcpyNodeGetParams(cudaGraphNode_t node, cudaMemcpy3DParms* p) {
  return with_op<CopyOp>(node, [&](CopyOp& op, Node&) { return *p = op.p, cudaSuccess; });
}
cudaError_t cudaGraphMemcpyNodeSetParams(cudaGraphNode_t node, const cudaMemcpy3DParms* p) {
  return set_made(node, [&](Op* op) { return copy_op(*p, op); });
}
cudaError_t cudaGraphMemcpyNodeSetParams1D(cudaGraphNode_t node, void* to, const void* from, size_t count,
                                           cudaMemcpyKind kind) {
  return set_made(node, [&](Op* op) { return copy_op(linear_copy(to, from, count, kind), op); });
}
cudaError_t cudaGraphMemcpyNodeSetParamsToSymbol(cudaGraphNode_t node, const void* symbol, const void* from,
                                                 size_t count, size_t offset, cudaMemcpyKind kind) {
  return set_made(
      node, [&](Op* op) { return symbol_copy_op(true, symbol, const_cast<void*>(from), count, offset, kind, op); });
}
cudaError_t cudaGraphMemcpyNodeSetParamsFromSymbol(cudaGraphNode_t node, void* to, const void* symbol, size_t count,
                                                   size_t offset, cudaMemcpyKind kind) {
  return set_made(node, [&](Op* op) { return symbol_copy_op(false, symbol, to, count, offset, kind, op); });
}
cudaError_t cudaGraphMemsetNodeGetParams(cudaGraphNode_t node, cudaMemsetParams* p) {
  return with_op<SetOp>(node, [&](SetOp& op, Node&) { return *p = op.p, cudaSuccess; });
}
cudaError_t cudaGraphMemsetNodeSetParams(cudaGraphNode_t node, const cudaMemsetParams* p) {
  return set_made(node, [&](Op* op) { return set_op(*p, op); });
}
cudaError_t cudaGraphHostNodeGetParams(cudaGraphNode_t node, cudaHostNodeParams* p) {
  return with_op<HostOp>(node, [&](HostOp& op, Node&) { return *p = {op.function, op.data}, cudaSuccess; });
}
cudaError_t cudaGraphHostNodeSetParams(cudaGraphNode_t node, const cudaHostNodeParams* p) {
  return set_made(node, [&](Op* op) { return *op = HostOp{p->fn, p->userData}, cudaSuccess; });
}
cudaError_t cudaGraphChildGraphNodeGetGraph(cudaGraphNode_t node, cudaGraph_t* graph) {
  return with_op<ChildOp>(
      node, [&](ChildOp& op, Node&) { return *graph = reinterpret_cast<cudaGraph_t>(op.graph.get()), cudaSuccess; });
}
cudaError_t cudaGraphEventRecordNodeGetEvent(cudaGraphNode_t node, cudaEvent_t* event) {
  return with_op<RecordOp>(
      node, [&](RecordOp& op, Node&) { return *event = reinterpret_cast<cudaEvent_t>(op.event), cudaSuccess; });
}
cudaError_t cudaGraphEventRecordNodeSetEvent(cudaGraphNode_t node, cudaEvent_t event) {
  return set_made(node, [&](Op* op) { return *op = RecordOp{reinterpret_cast<Event*>(event)}, cudaSuccess; });
}
cudaError_t cudaGraphEventWaitNodeGetEvent(cudaGraphNode_t node, cudaEvent_t* event) {
  return with_op<WaitOp>(
      node, [&](WaitOp& op, Node&) { return *event = reinterpret_cast<cudaEvent_t>(op.event), cudaSuccess; });
}
cudaError_t cudaGraphEventWaitNodeSetEvent(cudaGraphNode_t node, cudaEvent_t event) {
  return set_made(node, [&](Op* op) { return *op = WaitOp{reinterpret_cast<Event*>(event)}, cudaSuccess; });
}
cudaError_t cudaGraphMemFreeNodeGetParams(cudaGraphNode_t node, void* out) {
  return with_op<FreeOp>(
      node, [&](FreeOp& op, Node&) { return std::memcpy(out, &op.pointer, sizeof op.pointer), cudaSuccess; });
}
cudaError_t cudaGraphNodeGetType(cudaGraphNode_t node, cudaGraphNodeType* type) {
  return api([&] {
    if (!node || !type) return cudaErrorInvalidValue;
    *type = type_of(node_of(node)->op);
    return cudaSuccess;
  });
}
}
