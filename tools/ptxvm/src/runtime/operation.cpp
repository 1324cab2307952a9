#include "runtime/operation.h"

#include <cstdio>
#include <cstring>

namespace ptxvm {
namespace {

bool lives_on_device(const void* pointer, bool* host_may_touch) {
  Allocation found;
  const bool known = runtime().memory().find(reinterpret_cast<uint64_t>(pointer), &found);
  *host_may_touch = !known && !runtime().memory().is_device(pointer);
  if (known) *host_may_touch = found.kind == MemoryKind::kManaged || found.kind == MemoryKind::kPinned;
  return known;
}

const std::byte* start(const cudaPitchedPtr& pitched, const cudaPos& pos) {
  return static_cast<const std::byte*>(pitched.ptr) + pos.x + pos.y * pitched.pitch +
         pos.z * pitched.pitch * pitched.ysize;
}

cudaError_t run(const EmptyOp&) { return cudaSuccess; }

// Faults of a kernel are reported by the next call, as on hardware, and poison the context; a refused configuration is
// reported by the launch and does not.
cudaError_t run(const KernelOp& op) {
  auto& rt = runtime();
  ++rt.launches;
  auto& module = *op.function->module->module;
  const auto result = rt.machine().launch(module, *op.function->kernel, op.config, op.parameters.data());
  rt.instructions += result.instructions;
  rt.thread_instructions += result.thread_instructions;
  rt.findings += result.findings;
  if (!result.report.empty()) {
    std::fflush(stdout);
    std::fprintf(stderr, "%s\n", result.report.c_str());
  }
  if (result.fatal) stop(kExitNotModelled);
  const auto error = static_cast<cudaError_t>(result.status);
  const bool refused = result.status == Status::kInvalidValue || result.status == Status::kInvalidConfiguration ||
                       result.status == Status::kLaunchOutOfResources || result.status == Status::kNotSupported ||
                       result.status == Status::kCooperativeLaunchTooLarge ||
                       result.status == Status::kInvalidDeviceFunction;
  if (refused) {
    rt.unseen_refusal = rt.options.check_mem;
    return error;
  }
  rt.sticky = error;
  return cudaSuccess;
}

std::string amount(size_t bytes) { return std::to_string(bytes) + " bytes"; }

// Says which side of a copy is not within one allocation.
cudaError_t misplaced(const void* to, const void* from, size_t bytes) {
  const auto& memory = runtime().memory();
  const bool writes = memory.is_device(to) && !memory.alias(reinterpret_cast<uint64_t>(to), bytes);
  return misused("a copy " + std::string(writes ? "writes " : "reads ") + amount(bytes) +
                 " out of bounds: " + place(writes ? to : from, bytes));
}

cudaError_t run(const CopyOp& op) {
  const auto& p = op.p;
  const auto extent = p.extent;
  if (!extent.width || !extent.height || !extent.depth) return cudaSuccess;
  auto* to = const_cast<std::byte*>(start(p.dstPtr, p.dstPos));
  const auto* from = start(p.srcPtr, p.srcPos);
  auto& memory = runtime().memory();
  for (size_t z = 0; z < extent.depth; ++z)
    for (size_t y = 0; y < extent.height; ++y) {
      auto* row_to = to + (z * p.dstPtr.ysize + y) * p.dstPtr.pitch;
      const auto* row_from = from + (z * p.srcPtr.ysize + y) * p.srcPtr.pitch;
      if (!memory.copy(row_to, row_from, extent.width)) return misplaced(row_to, row_from, extent.width);
    }
  return cudaSuccess;
}

cudaError_t run(const SetOp& op) {
  auto& memory = runtime().memory();
  const auto& p = op.p;
  auto* row = static_cast<std::byte*>(p.dst);
  for (size_t y = 0; y < p.height; ++y, row += p.pitch) {
    const size_t bytes = p.width * p.elementSize;
    if (!bytes) continue;
    if (p.elementSize == 1) {
      if (!memory.fill(row, static_cast<int>(p.value & 0xff), bytes))
        return misused("a memset writes " + amount(bytes) + " out of bounds: " + place(row, bytes));
      continue;
    }
    auto* alias = memory.alias(reinterpret_cast<uint64_t>(row), bytes);
    if (!alias) return cudaErrorInvalidValue;
    for (size_t x = 0; x < p.width; ++x) std::memcpy(alias + x * p.elementSize, &p.value, p.elementSize);
    memory.mark_written(reinterpret_cast<uint64_t>(row), bytes);
  }
  return cudaSuccess;
}

// The program's function may call the runtime from another thread and wait for it, so it runs without the lock.
cudaError_t run(const HostOp& op) {
  runtime().mutex.unlock();
  op.function(op.data);
  runtime().mutex.lock();
  return cudaSuccess;
}

cudaError_t run(const ChildOp& op) { return execute(*op.graph); }
cudaError_t run(const RecordOp& op) {
  op.event->recorded = true;
  op.event->capture = nullptr;
  return cudaSuccess;
}
cudaError_t run(const WaitOp&) { return cudaSuccess; }
cudaError_t run(const AllocOp&) { return cudaSuccess; }
cudaError_t run(const FreeOp&) { return cudaSuccess; }

}  // namespace

cudaMemcpy3DParms linear_copy(void* to, const void* from, size_t size, cudaMemcpyKind kind) {
  cudaMemcpy3DParms p = {};
  p.dstPtr = {to, size, size, 1};
  p.srcPtr = {const_cast<void*>(from), size, size, 1};
  p.extent = {size, 1, 1};
  p.kind = kind;
  return p;
}

cudaError_t check_copy(const cudaMemcpy3DParms& p) {
  if (p.srcArray || p.dstArray) {
    say_once("copies from and to CUDA arrays are not supported");
    return cudaErrorNotSupported;
  }
  if (!p.extent.width || !p.extent.height || !p.extent.depth) return cudaSuccess;
  if (p.kind < cudaMemcpyHostToHost || p.kind > cudaMemcpyDefault) return cudaErrorInvalidMemcpyDirection;
  if (!p.srcPtr.ptr || !p.dstPtr.ptr) return cudaErrorInvalidValue;
  const bool rows = p.extent.height > 1 || p.extent.depth > 1;
  if (rows && (p.srcPtr.pitch < p.extent.width || p.dstPtr.pitch < p.extent.width)) return cudaErrorInvalidPitchValue;
  bool host_from, host_to;
  const bool device_from = lives_on_device(p.srcPtr.ptr, &host_from);
  const bool device_to = lives_on_device(p.dstPtr.ptr, &host_to);
  const bool want_from = p.kind == cudaMemcpyDeviceToHost || p.kind == cudaMemcpyDeviceToDevice;
  const bool want_to = p.kind == cudaMemcpyHostToDevice || p.kind == cudaMemcpyDeviceToDevice;
  if (p.kind == cudaMemcpyDefault) return cudaSuccess;
  constexpr const char* kKinds[] = {"HostToHost", "HostToDevice", "DeviceToHost", "DeviceToDevice"};
  const auto wrong = [&](const char* side, const void* pointer, bool device) {
    return misused("a copy of kind cudaMemcpy" + std::string(kKinds[p.kind]) + " has a " + side +
                   " that is not of the " + (device ? "device: " : "host: ") + place(pointer, 1));
  };
  if (want_from ? !device_from : !host_from) return wrong("source", p.srcPtr.ptr, want_from);
  if (want_to ? !device_to : !host_to) return wrong("destination", p.dstPtr.ptr, want_to);
  return cudaSuccess;
}

cudaError_t execute(const Op& op) {
  return std::visit([](const auto& what) { return run(what); }, op);
}

cudaError_t execute(const Graph& graph) {
  for (const auto* node : graph.order()) {
    if (!node->enabled) continue;
    if (const auto error = execute(node->op); error != cudaSuccess) return error;
    if (runtime().sticky != cudaSuccess) break;
  }
  return cudaSuccess;
}

}  // namespace ptxvm
