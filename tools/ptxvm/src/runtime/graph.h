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

}  // namespace ptxvm
