// Graphs: building, cloning, and reading and changing nodes.
#include <algorithm>
#include <cstdio>
#include <cstring>

#include "runtime/graph.h"

namespace ptxvm {

namespace {
auto& clones = *new std::map<const Graph*,
                             std::map<const Node*, Node*>>;  // never destroyed; by the clone: original node to its copy
}  // namespace

Node* Graph::add(Op op, std::vector<Node*> after) {
  nodes.push_back(std::make_unique<Node>());
  auto* node = nodes.back().get();
  node->graph = this;
  node->op = std::move(op);
  node->after = std::move(after);
  repoint(*node);
  return node;
}

std::vector<Node*> Graph::order() const {
  std::vector<Node*> sorted;
  std::set<const Node*> done;
  for (bool progress = true; progress && sorted.size() < nodes.size();) {
    progress = false;
    for (const auto& node : nodes) {
      if (done.count(node.get())) continue;
      const auto ready = [&](const Node* other) { return done.count(other) != 0; };
      if (!std::all_of(node->after.begin(), node->after.end(), ready)) continue;
      sorted.push_back(node.get());
      done.insert(node.get());
      progress = true;
    }
  }
  return sorted.size() == nodes.size() ? sorted : std::vector<Node*>{};
}

// The pointers a kernel node hands out lie in its own copy of the parameters.
void repoint(Node& node) {
  auto* kernel = std::get_if<KernelOp>(&node.op);
  if (!kernel) return;
  kernel->pointers.clear();
  for (const auto& parameter : kernel->function->info->parameters)
    kernel->pointers.push_back(kernel->parameters.data() + parameter.offset);
}

std::unique_ptr<Graph> clone_graph(const Graph& graph, std::map<const Node*, Node*>* copies) {
  auto copy = std::make_unique<Graph>();
  for (const auto& node : graph.nodes) {
    auto* made = copy->add(node->op, {});
    if (auto* child = std::get_if<ChildOp>(&made->op)) child->graph = clone_graph(*child->graph, copies);
    made->enabled = node->enabled;
    (*copies)[node.get()] = made;
  }
  for (const auto& node : graph.nodes)
    for (auto* other : node->after) (*copies)[node.get()]->after.push_back((*copies)[other]);
  return copy;
}

cudaError_t add_node(cudaGraphNode_t* out, cudaGraph_t graph, const cudaGraphNode_t* after, size_t count, Op op) {
  if (!out || !graph || (count && !after)) return cudaErrorInvalidValue;
  std::vector<Node*> nodes;
  for (size_t i = 0; i < count; ++i) {
    auto* node = reinterpret_cast<Node*>(after[i]);
    if (!node || node->graph != reinterpret_cast<Graph*>(graph)) return cudaErrorInvalidValue;
    nodes.push_back(node);
  }
  *out = reinterpret_cast<cudaGraphNode_t>(reinterpret_cast<Graph*>(graph)->add(std::move(op), std::move(nodes)));
  return cudaSuccess;
}

cudaError_t kernel_op(const cudaKernelNodeParams& params, Op* op) {
  if (params.extra) {
    say_once("kernel parameters passed through `extra` are not supported");
    return cudaErrorNotSupported;
  }
  KernelOp made;
  const auto error =
      make_kernel(params.func, params.gridDim, params.blockDim, params.sharedMemBytes, params.kernelParams, &made);
  if (error == cudaSuccess) *op = std::move(made);
  return error;
}

cudaError_t copy_op(const cudaMemcpy3DParms& params, Op* op) {
  *op = CopyOp{params};
  return check_copy(params);
}

cudaError_t symbol_copy_op(bool to_symbol, const void* shadow, void* other, size_t count, size_t offset,
                           cudaMemcpyKind kind, Op* op) {
  Symbol symbol;
  if (const auto error = find_symbol(shadow, &symbol); error != cudaSuccess) return error;
  if (offset > symbol.size || count > symbol.size - offset) return cudaErrorInvalidValue;
  auto* address = reinterpret_cast<void*>(symbol.address + offset);
  return copy_op(to_symbol ? linear_copy(address, other, count, kind) : linear_copy(other, address, count, kind), op);
}

cudaError_t set_op(const cudaMemsetParams& params, Op* op) {
  const auto size = params.elementSize;
  if (size != 1 && size != 2 && size != 4) return cudaErrorInvalidValue;
  *op = SetOp{params};
  return cudaSuccess;
}

cudaError_t child_op(cudaGraph_t graph, Op* op) {
  std::map<const Node*, Node*> copies;
  *op = ChildOp{clone_graph(*reinterpret_cast<Graph*>(graph), &copies)};
  return cudaSuccess;
}

cudaError_t alloc_op(cudaMemAllocNodeParams* params, Op* op) {
  auto& rt = runtime();
  const auto name = "graph allocation #" + std::to_string(++rt.allocations);
  const auto address = rt.memory().allocate(params->bytesize, MemoryKind::kDevice, name);
  if (!address) return cudaErrorMemoryAllocation;
  params->dptr = reinterpret_cast<void*>(address);
  rt.graph_allocations.insert(params->dptr);
  *op = AllocOp{params->dptr, params->bytesize};
  return cudaSuccess;
}

cudaError_t replace_op(Node* node, Op op) {
  if (!node || node->op.index() != op.index()) return cudaErrorInvalidValue;
  if (auto* old = std::get_if<KernelOp>(&node->op)) {
    auto& made = std::get<KernelOp>(op);
    made.attributes = old->attributes;
    made.config.cooperative = old->config.cooperative;
    if (!made.config.cluster.count() || made.config.cluster.count() == 1) made.config.cluster = old->config.cluster;
  }
  node->op = std::move(op);
  repoint(*node);
  return cudaSuccess;
}

}  // namespace ptxvm

using namespace ptxvm;

namespace {

// The way the API hands out lists: the count alone, or as many as there is room for and nulls behind them.
cudaError_t give_nodes(const std::vector<Node*>& list, cudaGraphNode_t* out, size_t* count) {
  if (!count) return cudaErrorInvalidValue;
  if (out)
    for (size_t i = 0; i < *count; ++i) out[i] = reinterpret_cast<cudaGraphNode_t>(i < list.size() ? list[i] : nullptr);
  *count = out ? std::min(*count, list.size()) : list.size();
  return cudaSuccess;
}

std::vector<Node*> dependents(const Node& node) {
  std::vector<Node*> list;
  for (const auto& other : node.graph->nodes)
    if (std::count(other->after.begin(), other->after.end(), &node)) list.push_back(other.get());
  return list;
}

template <class F>
cudaError_t add_made(cudaGraphNode_t* out, cudaGraph_t graph, const cudaGraphNode_t* after, size_t count, F&& make) {
  return api([&] {
    Op op;
    const auto error = make(&op);
    return error == cudaSuccess ? add_node(out, graph, after, count, std::move(op)) : error;
  });
}

}  // namespace

extern "C" {
cudaError_t cudaGraphCreate(cudaGraph_t* out, unsigned) {
  return api([&] {
    if (!out) return cudaErrorInvalidValue;
    *out = reinterpret_cast<cudaGraph_t>(new Graph);
    return cudaSuccess;
  });
}
cudaError_t cudaGraphDestroy(cudaGraph_t handle) {
  return api([&] {
    if (!handle) return cudaErrorInvalidValue;
    clones.erase(graph_of(handle));
    for (auto* object : graph_of(handle)->owned) release(object, 1);
    delete graph_of(handle);
    return cudaSuccess;
  });
}
cudaError_t cudaGraphClone(cudaGraph_t* out, cudaGraph_t original) {
  return api([&] {
    if (!out || !original) return cudaErrorInvalidValue;
    std::map<const Node*, Node*> copies;
    auto* made = clone_graph(*graph_of(original), &copies).release();
    clones[made] = std::move(copies);
    *out = reinterpret_cast<cudaGraph_t>(made);
    return cudaSuccess;
  });
}
cudaError_t cudaGraphNodeFindInClone(cudaGraphNode_t* out, cudaGraphNode_t original, cudaGraph_t clone) {
  return api([&] {
    const auto& copies = clones[graph_of(clone)];
    const auto at = copies.find(node_of(original));
    if (!out || at == copies.end()) return cudaErrorInvalidValue;
    *out = reinterpret_cast<cudaGraphNode_t>(at->second);
    return cudaSuccess;
  });
}
cudaError_t cudaGraphAddKernelNode(cudaGraphNode_t* out, cudaGraph_t graph, const cudaGraphNode_t* after, size_t count,
                                   const cudaKernelNodeParams* p) {
  return add_made(out, graph, after, count, [&](Op* op) { return kernel_op(*p, op); });
}
cudaError_t cudaGraphAddMemcpyNode(cudaGraphNode_t* out, cudaGraph_t graph, const cudaGraphNode_t* after, size_t count,
                                   const cudaMemcpy3DParms* p) {
  return add_made(out, graph, after, count, [&](Op* op) { return copy_op(*p, op); });
}
cudaError_t cudaGraphAddMemcpyNode1D(cudaGraphNode_t* out, cudaGraph_t graph, const cudaGraphNode_t* after,
                                     size_t number, void* to, const void* from, size_t count, cudaMemcpyKind kind) {
  return add_made(out, graph, after, number, [&](Op* op) { return copy_op(linear_copy(to, from, count, kind), op); });
}
cudaError_t cudaGraphAddMemcpyNodeToSymbol(cudaGraphNode_t* out, cudaGraph_t graph, const cudaGraphNode_t* after,
                                           size_t number, const void* symbol, const void* from, size_t count,
                                           size_t offset, cudaMemcpyKind kind) {
  return add_made(out, graph, after, number, [&](Op* op) {
    return symbol_copy_op(true, symbol, const_cast<void*>(from), count, offset, kind, op);
  });
}
cudaError_t cudaGraphAddMemcpyNodeFromSymbol(cudaGraphNode_t* out, cudaGraph_t graph, const cudaGraphNode_t* after,
                                             size_t number, void* to, const void* symbol, size_t count, size_t offset,
                                             cudaMemcpyKind kind) {
  return add_made(out, graph, after, number,
                  [&](Op* op) { return symbol_copy_op(false, symbol, to, count, offset, kind, op); });
}
cudaError_t cudaGraphAddMemsetNode(cudaGraphNode_t* out, cudaGraph_t graph, const cudaGraphNode_t* after, size_t count,
                                   const cudaMemsetParams* p) {
  return add_made(out, graph, after, count, [&](Op* op) { return set_op(*p, op); });
}
cudaError_t cudaGraphAddHostNode(cudaGraphNode_t* out, cudaGraph_t graph, const cudaGraphNode_t* after, size_t count,
                                 const cudaHostNodeParams* p) {
  return add_made(out, graph, after, count, [&](Op* op) { return *op = HostOp{p->fn, p->userData}, cudaSuccess; });
}
cudaError_t cudaGraphAddChildGraphNode(cudaGraphNode_t* out, cudaGraph_t graph, const cudaGraphNode_t* after,
                                       size_t count, cudaGraph_t child) {
  return add_made(out, graph, after, count, [&](Op* op) { return child_op(child, op); });
}
cudaError_t cudaGraphAddEmptyNode(cudaGraphNode_t* out, cudaGraph_t graph, const cudaGraphNode_t* after, size_t count) {
  return add_made(out, graph, after, count, [&](Op*) { return cudaSuccess; });
}
cudaError_t cudaGraphAddEventRecordNode(cudaGraphNode_t* out, cudaGraph_t graph, const cudaGraphNode_t* after,
                                        size_t count, cudaEvent_t event) {
  return add_made(out, graph, after, count,
                  [&](Op* op) { return *op = RecordOp{reinterpret_cast<Event*>(event)}, cudaSuccess; });
}
cudaError_t cudaGraphAddEventWaitNode(cudaGraphNode_t* out, cudaGraph_t graph, const cudaGraphNode_t* after,
                                      size_t count, cudaEvent_t event) {
  return add_made(out, graph, after, count,
                  [&](Op* op) { return *op = WaitOp{reinterpret_cast<Event*>(event)}, cudaSuccess; });
}
cudaError_t cudaGraphAddMemAllocNode(cudaGraphNode_t* out, cudaGraph_t graph, const cudaGraphNode_t* after,
                                     size_t count, cudaMemAllocNodeParams* p) {
  return add_made(out, graph, after, count, [&](Op* op) { return alloc_op(p, op); });
}
cudaError_t cudaGraphAddMemFreeNode(cudaGraphNode_t* out, cudaGraph_t graph, const cudaGraphNode_t* after, size_t count,
                                    void* pointer) {
  return add_made(out, graph, after, count, [&](Op* op) { return *op = FreeOp{pointer}, cudaSuccess; });
}
cudaError_t cudaGraphAddNode(cudaGraphNode_t* out, cudaGraph_t graph, const cudaGraphNode_t* after,
                             const cudaGraphEdgeData*, size_t count, cudaGraphNodeParams* params) {
  return add_made(out, graph, after, count, [&](Op* op) { return generic_op(params, op); });
}
cudaError_t cudaGraphGetNodes(cudaGraph_t graph, cudaGraphNode_t* nodes, size_t* count) {
  return api([&] {
    std::vector<Node*> list;
    for (const auto& node : graph_of(graph)->nodes) list.push_back(node.get());
    return give_nodes(list, nodes, count);
  });
}
cudaError_t cudaGraphGetRootNodes(cudaGraph_t graph, cudaGraphNode_t* nodes, size_t* count) {
  return api([&] {
    std::vector<Node*> list;
    for (const auto& node : graph_of(graph)->nodes)
      if (node->after.empty()) list.push_back(node.get());
    return give_nodes(list, nodes, count);
  });
}
cudaError_t cudaGraphGetEdges(cudaGraph_t graph, cudaGraphNode_t* from, cudaGraphNode_t* to, cudaGraphEdgeData* edges,
                              size_t* count) {
  return api([&] {
    std::vector<Node*> heads, tails;
    for (const auto& node : graph_of(graph)->nodes)
      for (auto* other : node->after) heads.push_back(other), tails.push_back(node.get());
    size_t room = count ? *count : 0;
    if (edges) std::memset(edges, 0, room * sizeof *edges);
    if (const auto error = give_nodes(heads, from, &room); error != cudaSuccess) return error;
    return give_nodes(tails, to, count);
  });
}
cudaError_t cudaGraphNodeGetDependencies(cudaGraphNode_t node, cudaGraphNode_t* nodes, cudaGraphEdgeData* edges,
                                         size_t* count) {
  return api([&] {
    if (edges && count) std::memset(edges, 0, *count * sizeof *edges);
    return give_nodes(node_of(node)->after, nodes, count);
  });
}
cudaError_t cudaGraphNodeGetDependentNodes(cudaGraphNode_t node, cudaGraphNode_t* nodes, cudaGraphEdgeData* edges,
                                           size_t* count) {
  return api([&] {
    if (edges && count) std::memset(edges, 0, *count * sizeof *edges);
    return give_nodes(dependents(*node_of(node)), nodes, count);
  });
}
cudaError_t cudaGraphAddDependencies(cudaGraph_t, const cudaGraphNode_t* from, const cudaGraphNode_t* to,
                                     const cudaGraphEdgeData*, size_t count) {
  return api([&] {
    for (size_t i = 0; i < count; ++i) {
      if (from[i] == to[i]) return cudaErrorInvalidValue;
      node_of(to[i])->after.push_back(node_of(from[i]));
    }
    return cudaSuccess;
  });
}
cudaError_t cudaGraphRemoveDependencies(cudaGraph_t, const cudaGraphNode_t* from, const cudaGraphNode_t* to,
                                        const cudaGraphEdgeData*, size_t count) {
  return api([&] {
    for (size_t i = 0; i < count; ++i)
      if (!std::erase(node_of(to[i])->after, node_of(from[i]))) return cudaErrorInvalidValue;
    return cudaSuccess;
  });
}
cudaError_t cudaGraphDestroyNode(cudaGraphNode_t handle) {
  return api([&] {
    auto* node = node_of(handle);
    auto* graph = node->graph;
    for (auto* other : dependents(*node)) std::erase(other->after, node);
    std::erase_if(graph->nodes, [&](const auto& item) { return item.get() == node; });
    return cudaSuccess;
  });
}
}
