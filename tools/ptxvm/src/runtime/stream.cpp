// Streams, events and stream capture.
#include <algorithm>
#include <cstring>

#include "runtime/operation.h"
#include "runtime/stream.h"

using namespace ptxvm;

namespace {

// An event pair is this far apart, always: a virtual GPU has no time to tell. Positive, so that programs may divide.
constexpr float kElapsedMilliseconds = 1.0f;

// Never destroyed: destructors of the program may still call the API.
auto& streams = *new std::set<Stream*>;
auto& events = *new std::set<Event*>;
Stream legacy_stream;
unsigned long long next_id = 3;  // 1 and 2 are the legacy and the per-thread default stream
thread_local cudaStreamCaptureMode thread_mode = cudaStreamCaptureModeGlobal;
auto& active = *new std::set<Capture*>;

Stream* per_thread_stream() {
  thread_local Stream* mine = [] {
    auto* made = new Stream;
    made->flags = cudaStreamNonBlocking;
    made->id = 2;
    return made;
  }();
  return mine;
}

// A blocking stream under capture would make the legacy stream wait for work that does not exist.
bool legacy_would_wait() {
  return std::any_of(streams.begin(), streams.end(), [](const Stream* s) {
    return s->capture && !s->capture->invalid && !(s->flags & cudaStreamNonBlocking);
  });
}

void invalidate_blocking() {
  for (auto* s : streams)
    if (s->capture && !(s->flags & cudaStreamNonBlocking)) s->capture->invalid = true;
}

cudaError_t make_stream(cudaStream_t* out, unsigned flags, int priority) {
  if (!out || flags > cudaStreamNonBlocking) return cudaErrorInvalidValue;
  auto* made = new Stream;
  made->flags = flags;
  made->priority = std::clamp(priority, -5, 0);
  made->id = next_id++;
  streams.insert(made);
  *out = reinterpret_cast<cudaStream_t>(made);
  return cudaSuccess;
}

cudaError_t make_event(cudaEvent_t* out, unsigned flags) {
  if (!out || flags > 7) return cudaErrorInvalidValue;
  auto* made = new Event;
  made->flags = flags;
  events.insert(made);
  *out = reinterpret_cast<cudaEvent_t>(made);
  return cudaSuccess;
}

cudaError_t record_event(cudaEvent_t handle, cudaStream_t stream_handle, unsigned flags) {
  return with_stream(stream_handle, [&](Stream& stream) {
    Event* event = nullptr;
    if (const auto error = find_event(handle, &event); error != cudaSuccess) return error;
    if (!stream.capture) return enqueue(stream_handle, RecordOp{event});
    if (flags & cudaEventRecordExternal) return enqueue(stream_handle, RecordOp{event});
    if (stream.capture->invalid) return cudaErrorStreamCaptureInvalidated;
    event->capture = stream.capture;
    event->after = stream.after;
    return cudaSuccess;
  });
}

cudaError_t wait_event(Stream& stream, cudaStream_t handle, Event* event, unsigned flags) {
  const bool captured = event->capture && active.count(event->capture.get());
  if (!captured && !stream.capture) return cudaSuccess;
  if (flags & cudaEventWaitExternal) return enqueue(handle, WaitOp{event});
  if (!captured) {
    stream.capture->invalid = true;
    return cudaErrorStreamCaptureIsolation;
  }
  if (!stream.capture) {
    if (&stream == &legacy_stream) return cudaErrorStreamCaptureImplicit;
    stream.capture = event->capture;
    stream.after = event->after;
    return cudaSuccess;
  }
  if (stream.capture != event->capture) return cudaErrorStreamCaptureMerge;
  for (auto* node : event->after)
    if (std::find(stream.after.begin(), stream.after.end(), node) == stream.after.end()) stream.after.push_back(node);
  return cudaSuccess;
}

cudaError_t begin_capture(Stream& stream, cudaStream_t handle, cudaStreamCaptureMode mode, Graph* into,
                          std::vector<Node*> after) {
  if (&stream == &legacy_stream) return cudaErrorStreamCaptureUnsupported;
  if (stream.capture) return cudaErrorIllegalState;
  auto capture = std::make_shared<Capture>();
  capture->owned = !into;
  capture->graph = into ? into : new Graph;
  capture->origin = handle;
  capture->mode = mode;
  capture->id = next_id++;
  capture->thread = std::this_thread::get_id();
  active.insert(capture.get());
  stream.capture = std::move(capture);
  stream.after = std::move(after);
  return cudaSuccess;
}

// Every captured stream must have been joined: its last operations are ancestors of the origin's.
bool all_joined(const Stream& origin) {
  std::set<const Node*> reached;
  std::vector<const Node*> open(origin.after.begin(), origin.after.end());
  while (!open.empty()) {
    const auto* node = open.back();
    open.pop_back();
    if (!reached.insert(node).second) continue;
    open.insert(open.end(), node->after.begin(), node->after.end());
  }
  for (const auto* s : streams)
    if (s->capture == origin.capture)
      for (const auto* node : s->after)
        if (!reached.count(node)) return false;
  return std::all_of(origin.capture->left.begin(), origin.capture->left.end(),
                     [&](const Node* node) { return reached.count(node) != 0; });
}

}  // namespace

namespace ptxvm {

cudaError_t find_stream(cudaStream_t handle, Stream** found) {
  legacy_stream.id = 1;
  if (handle == nullptr || handle == cudaStreamLegacy) *found = &legacy_stream;
  else if (handle == cudaStreamPerThread) *found = per_thread_stream();
  else *found = reinterpret_cast<Stream*>(handle);
  const bool own = *found == &legacy_stream || handle == cudaStreamPerThread;
  return own || streams.count(*found) ? cudaSuccess : cudaErrorInvalidResourceHandle;
}

cudaError_t find_event(cudaEvent_t handle, Event** found) {
  *found = reinterpret_cast<Event*>(handle);
  return events.count(*found) ? cudaSuccess : cudaErrorInvalidResourceHandle;
}

cudaError_t is_capturing(cudaStream_t handle, bool* capturing) {
  Stream* stream = nullptr;
  if (const auto error = find_stream(handle, &stream); error != cudaSuccess) return error;
  *capturing = stream->capture != nullptr;
  return cudaSuccess;
}

cudaError_t forbidden_by_capture() {
  if (thread_mode == cudaStreamCaptureModeRelaxed) return cudaSuccess;
  bool any = false;
  for (auto* capture : active) {
    const bool own = capture->thread == std::this_thread::get_id();
    const bool global = capture->mode == cudaStreamCaptureModeGlobal && thread_mode == cudaStreamCaptureModeGlobal;
    if (global || (own && capture->mode != cudaStreamCaptureModeRelaxed)) any = capture->invalid = true;
  }
  return any ? cudaErrorStreamCaptureUnsupported : cudaSuccess;
}

cudaError_t enqueue(cudaStream_t handle, Op op) {
  Stream* stream = nullptr;
  if (const auto error = find_stream(handle, &stream); error != cudaSuccess) return error;
  if (!stream->capture) {
    if (stream == &legacy_stream && legacy_would_wait()) {
      invalidate_blocking();
      return cudaErrorStreamCaptureImplicit;
    }
    return execute(op);
  }
  if (stream->capture->invalid) return cudaErrorStreamCaptureInvalidated;
  stream->after = {stream->capture->graph->add(std::move(op), stream->after)};
  return cudaSuccess;
}

}  // namespace ptxvm

extern "C" {
cudaError_t cudaStreamCreate(cudaStream_t* out) {
  return api([&] { return make_stream(out, cudaStreamDefault, 0); });
}
cudaError_t cudaStreamCreateWithFlags(cudaStream_t* out, unsigned flags) {
  return api([&] { return make_stream(out, flags, 0); });
}
cudaError_t cudaStreamCreateWithPriority(cudaStream_t* out, unsigned flags, int priority) {
  return api([&] { return make_stream(out, flags, priority); });
}
cudaError_t cudaStreamDestroy(cudaStream_t handle) {
  return with_stream(handle, [&](Stream& stream) {
    if (!streams.erase(&stream)) return cudaErrorInvalidResourceHandle;
    if (auto& capture = stream.capture; capture && capture->origin == handle) capture->invalid = true;
    else if (capture) capture->left.insert(capture->left.end(), stream.after.begin(), stream.after.end());
    delete &stream;
    return cudaSuccess;
  });
}
cudaError_t cudaStreamSynchronize(cudaStream_t handle) {
  return with_stream(handle, [](Stream& stream) {
    if (!stream.capture) return cudaSuccess;
    stream.capture->invalid = true;
    return cudaErrorStreamCaptureUnsupported;
  });
}
cudaError_t cudaStreamQuery(cudaStream_t handle) { return cudaStreamSynchronize(handle); }
cudaError_t cudaStreamWaitEvent(cudaStream_t handle, cudaEvent_t event_handle, unsigned flags) {
  return with_stream(handle, [&](Stream& stream) {
    Event* event = nullptr;
    if (const auto error = find_event(event_handle, &event); error != cudaSuccess) return error;
    return wait_event(stream, handle, event, flags);
  });
}
cudaError_t cudaEventCreate(cudaEvent_t* event) {
  return api([&] { return make_event(event, cudaEventDefault); });
}
cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned flags) {
  return api([&] { return make_event(event, flags); });
}
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) { return record_event(event, stream, 0); }
cudaError_t cudaEventRecordWithFlags(cudaEvent_t event, cudaStream_t stream, unsigned flags) {
  return record_event(event, stream, flags);
}
cudaError_t cudaEventSynchronize(cudaEvent_t handle) {
  return api([&] {
    Event* event = nullptr;
    if (const auto error = find_event(handle, &event); error != cudaSuccess) return error;
    return event->capture ? cudaErrorCapturedEvent : cudaSuccess;
  });
}
cudaError_t cudaEventQuery(cudaEvent_t handle) { return cudaEventSynchronize(handle); }
cudaError_t cudaEventDestroy(cudaEvent_t handle) {
  return api([&] {
    Event* event = nullptr;
    if (const auto error = find_event(handle, &event); error != cudaSuccess) return error;
    events.erase(event);
    delete event;
    return cudaSuccess;
  });
}
cudaError_t cudaEventElapsedTime(float* ms, cudaEvent_t from_handle, cudaEvent_t to_handle) {
  return api([&] {
    Event *from = nullptr, *to = nullptr;
    if (!ms) return cudaErrorInvalidValue;
    if (find_event(from_handle, &from) != cudaSuccess || find_event(to_handle, &to) != cudaSuccess)
      return cudaErrorInvalidResourceHandle;
    if ((from->flags | to->flags) & cudaEventDisableTiming) return cudaErrorInvalidResourceHandle;
    if (!from->recorded || !to->recorded) return cudaErrorInvalidResourceHandle;
    say_once("event times are not measured: every pair of events is 1 ms apart");
    *ms = kElapsedMilliseconds;
    return cudaSuccess;
  });
}
cudaError_t cudaStreamBeginCapture(cudaStream_t handle, cudaStreamCaptureMode mode) {
  return with_stream(handle, [&](Stream& stream) { return begin_capture(stream, handle, mode, nullptr, {}); });
}
cudaError_t cudaStreamBeginCaptureToGraph(cudaStream_t handle, cudaGraph_t graph, const cudaGraphNode_t* after,
                                          const cudaGraphEdgeData*, size_t count, cudaStreamCaptureMode mode) {
  return with_stream(handle, [&](Stream& stream) {
    const auto* nodes = reinterpret_cast<Node* const*>(after);
    return begin_capture(stream, handle, mode, reinterpret_cast<Graph*>(graph), {nodes, nodes + count});
  });
}
cudaError_t cudaStreamEndCapture(cudaStream_t handle, cudaGraph_t* out) {
  return with_stream(handle, [&](Stream& stream) {
    if (!stream.capture || !out) return cudaErrorIllegalState;
    const auto capture = stream.capture;
    *out = nullptr;
    Stream* origin = nullptr;
    const bool unmatched = find_stream(capture->origin, &origin) != cudaSuccess || origin != &stream;
    const bool joined = all_joined(stream);
    for (auto* s : streams)
      if (s->capture == capture) s->capture = nullptr, s->after.clear();
    stream.capture = nullptr;
    stream.after.clear();
    active.erase(capture.get());
    const auto error = capture->invalid ? cudaErrorStreamCaptureInvalidated
                       : unmatched      ? cudaErrorStreamCaptureUnmatched
                       : !joined        ? cudaErrorStreamCaptureUnjoined
                                        : cudaSuccess;
    if (error == cudaSuccess) *out = reinterpret_cast<cudaGraph_t>(capture->graph);
    else if (capture->owned) delete capture->graph;
    return error;
  });
}
cudaError_t cudaStreamGetCaptureInfo(cudaStream_t handle, cudaStreamCaptureStatus* status, unsigned long long* id,
                                     cudaGraph_t* graph, const cudaGraphNode_t** after, const cudaGraphEdgeData** edges,
                                     size_t* count) {
  return with_stream(handle, [&](Stream& stream) {
    if (!status) return cudaErrorInvalidValue;
    const auto& capture = stream.capture;
    *status = !capture           ? cudaStreamCaptureStatusNone
              : capture->invalid ? cudaStreamCaptureStatusInvalidated
                                 : cudaStreamCaptureStatusActive;
    if (*status != cudaStreamCaptureStatusActive) return cudaSuccess;
    if (id) *id = capture->id;
    if (graph) *graph = reinterpret_cast<cudaGraph_t>(capture->graph);
    if (after) *after = reinterpret_cast<const cudaGraphNode_t*>(stream.after.data());
    if (edges) *edges = nullptr;
    if (count) *count = stream.after.size();
    return cudaSuccess;
  });
}
cudaError_t cudaStreamIsCapturing(cudaStream_t handle, cudaStreamCaptureStatus* status) {
  return cudaStreamGetCaptureInfo(handle, status, nullptr, nullptr, nullptr, nullptr, nullptr);
}
cudaError_t cudaStreamUpdateCaptureDependencies(cudaStream_t handle, cudaGraphNode_t* nodes, const cudaGraphEdgeData*,
                                                size_t count, unsigned flags) {
  return with_stream(handle, [&](Stream& stream) {
    if (!stream.capture) return cudaErrorIllegalState;
    auto* const* list = reinterpret_cast<Node* const*>(nodes);
    if (flags == cudaStreamSetCaptureDependencies) stream.after.clear();
    stream.after.insert(stream.after.end(), list, list + count);
    return cudaSuccess;
  });
}
cudaError_t cudaThreadExchangeStreamCaptureMode(cudaStreamCaptureMode* mode) {
  if (!mode) return record(cudaErrorInvalidValue);
  std::swap(*mode, thread_mode);
  return cudaSuccess;
}
}
