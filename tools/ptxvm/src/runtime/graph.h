// Making graph operations from the API's parameter structures; shared by graphs and executable graphs.
#pragma once

#include <map>
#include <memory>

#include "runtime/operation.h"

namespace ptxvm {

void repoint(Node& node);
// A deep copy; `copies` maps every node, those of child graphs too, to its copy.
std::unique_ptr<Graph> clone_graph(const Graph& graph, std::map<const Node*, Node*>* copies);

cudaError_t kernel_op(const cudaKernelNodeParams& params, Op* op);
cudaError_t copy_op(const cudaMemcpy3DParms& params, Op* op);
cudaError_t symbol_copy_op(bool to_symbol, const void* shadow, void* other, size_t count, size_t offset,
                           cudaMemcpyKind kind, Op* op);
cudaError_t set_op(const cudaMemsetParams& params, Op* op);
cudaError_t child_op(cudaGraph_t graph, Op* op);
cudaError_t alloc_op(cudaMemAllocNodeParams* params, Op* op);
cudaError_t generic_op(cudaGraphNodeParams* params, Op* op);
// The new operation must be of the node's type; attributes of a kernel node stay.
cudaError_t replace_op(Node* node, Op op);

inline Node* node_of(cudaGraphNode_t handle) { return reinterpret_cast<Node*>(handle); }
inline Graph* graph_of(cudaGraph_t handle) { return reinterpret_cast<Graph*>(handle); }

// Calls body(op, node) if the node is of that type.
template <class T, class F>
cudaError_t with_op(cudaGraphNode_t handle, F&& body) {
  return api([&] {
    auto* node = node_of(handle);
    auto* op = node ? std::get_if<T>(&node->op) : nullptr;
    return op ? body(*op, *node) : cudaErrorInvalidValue;
  });
}

// Replaces a node's operation by what make(&op) fills in.
template <class F>
cudaError_t set_made(cudaGraphNode_t node, F&& make) {
  return api([&] {
    Op op;
    const auto error = make(&op);
    return error == cudaSuccess ? replace_op(node_of(node), std::move(op)) : error;
  });
}

}  // namespace ptxvm
