// Streams, events, host functions and stream capture with its rules.
#include "runtime_test.h"

static void count_up(void* counter) { ++*static_cast<int*>(counter); }
static void CUDART_CB called(cudaStream_t, cudaError_t error, void* counter) {
  if (error == cudaSuccess) count_up(counter);
}

static void ordinary(int* a) {
  cudaStream_t s, t;
  OK(cudaStreamCreate(&s));
  OK(cudaStreamCreateWithPriority(&t, cudaStreamNonBlocking, -1));
  unsigned flags;
  int priority;
  OK(cudaStreamGetFlags(t, &flags));
  OK(cudaStreamGetPriority(t, &priority));
  REQUIRE(flags == cudaStreamNonBlocking && priority == -1);
  cudaEvent_t start, stop, quiet;
  OK(cudaEventCreate(&start));
  OK(cudaEventCreate(&stop));
  OK(cudaEventCreateWithFlags(&quiet, cudaEventDisableTiming));
  float ms;
  EXPECT(cudaErrorInvalidResourceHandle, cudaEventElapsedTime(&ms, start, stop));
  cudaGetLastError();
  OK(cudaEventRecord(start, s));
  fill<<<1, 64, 0, s>>>(a, 1, 64);
  OK(cudaEventRecord(stop, s));
  OK(cudaStreamWaitEvent(t, stop, 0));
  increment<<<1, 64, 0, t>>>(a, 64);
  OK(cudaStreamSynchronize(t));
  OK(cudaEventQuery(stop));
  OK(cudaStreamQuery(s));
  OK(cudaEventElapsedTime(&ms, start, stop));
  REQUIRE(ms > 0);
  OK(cudaEventRecord(quiet, s));
  EXPECT(cudaErrorInvalidResourceHandle, cudaEventElapsedTime(&ms, start, quiet));
  REQUIRE(all_are(host_copy(a, 64), 2));
  int calls = 0;
  OK(cudaLaunchHostFunc(s, count_up, &calls));
  OK(cudaStreamAddCallback(s, called, &calls, 0));
  OK(cudaStreamSynchronize(s));
  REQUIRE(calls == 2);
  OK(cudaEventDestroy(start));
  OK(cudaEventDestroy(stop));
  OK(cudaEventDestroy(quiet));
  OK(cudaStreamDestroy(s));
  EXPECT(cudaErrorInvalidResourceHandle, cudaStreamSynchronize(s));
  OK(cudaStreamDestroy(t));
  cudaGetLastError();
}

// s forks to t by an event and joins it again.
static cudaGraph_t forked(cudaStream_t s, cudaStream_t t, int* a, int* b, int* calls) {
  cudaEvent_t fork, join;
  OK(cudaEventCreate(&fork));
  OK(cudaEventCreate(&join));
  OK(cudaStreamBeginCapture(s, cudaStreamCaptureModeGlobal));
  fill<<<1, 64, 0, s>>>(a, 10, 64);
  OK(cudaEventRecord(fork, s));
  OK(cudaStreamWaitEvent(t, fork, 0));
  OK(cudaMemsetAsync(b, 0, 64 * sizeof(int), t));
  increment<<<1, 64, 0, t>>>(b, 64);
  increment<<<1, 64, 0, s>>>(a, 64);
  OK(cudaEventRecord(join, t));
  OK(cudaStreamWaitEvent(s, join, 0));
  add<<<1, 64, 0, s>>>(a, b, a, 64);
  OK(cudaLaunchHostFunc(s, count_up, calls));
  cudaStreamCaptureStatus status;
  OK(cudaStreamIsCapturing(t, &status));
  REQUIRE(status == cudaStreamCaptureStatusActive);
  cudaGraph_t graph;
  OK(cudaStreamEndCapture(s, &graph));
  OK(cudaStreamIsCapturing(t, &status));
  REQUIRE(status == cudaStreamCaptureStatusNone);
  OK(cudaEventDestroy(fork));
  OK(cudaEventDestroy(join));
  return graph;
}

static void captured(int* a, int* b) {
  cudaStream_t s, t;
  OK(cudaStreamCreate(&s));
  OK(cudaStreamCreate(&t));
  OK(cudaMemset(a, 0, 64 * sizeof(int)));
  int calls = 0;
  cudaGraph_t graph = forked(s, t, a, b, &calls);
  REQUIRE(all_are(host_copy(a, 64), 0) && calls == 0);  // captured, not run
  size_t nodes, roots, edges;
  OK(cudaGraphGetNodes(graph, nullptr, &nodes));
  OK(cudaGraphGetRootNodes(graph, nullptr, &roots));
  OK(cudaGraphGetEdges(graph, nullptr, nullptr, nullptr, &edges));
  REQUIRE(nodes == 6 && roots == 1 && edges == 6);
  cudaGraphExec_t exec;
  OK(cudaGraphInstantiate(&exec, graph, 0));
  for (int i = 0; i < 3; ++i) OK(cudaGraphLaunch(exec, s));
  OK(cudaStreamSynchronize(s));
  REQUIRE(all_are(host_copy(a, 64), 12) && calls == 3);
  OK(cudaGraphExecDestroy(exec));
  OK(cudaGraphDestroy(graph));
  OK(cudaStreamDestroy(s));
  OK(cudaStreamDestroy(t));
}

static void refused(int* a) {
  cudaStream_t s, t;
  cudaGraph_t graph;
  cudaEvent_t fork;
  OK(cudaStreamCreate(&s));
  OK(cudaStreamCreate(&t));
  OK(cudaEventCreate(&fork));
  EXPECT(cudaErrorStreamCaptureUnsupported, cudaStreamBeginCapture(0, cudaStreamCaptureModeGlobal));
  EXPECT(cudaErrorIllegalState, cudaStreamEndCapture(s, &graph));
  OK(cudaStreamBeginCapture(s, cudaStreamCaptureModeGlobal));
  EXPECT(cudaErrorStreamCaptureUnsupported, cudaStreamSynchronize(s));
  EXPECT(cudaErrorStreamCaptureInvalidated, cudaStreamEndCapture(s, &graph));
  OK(cudaStreamBeginCapture(s, cudaStreamCaptureModeGlobal));
  int host = 0;
  EXPECT(cudaErrorStreamCaptureImplicit, cudaMemcpy(&host, a, sizeof host, cudaMemcpyDeviceToHost));
  EXPECT(cudaErrorStreamCaptureInvalidated, cudaStreamEndCapture(s, &graph));
  OK(cudaStreamBeginCapture(s, cudaStreamCaptureModeGlobal));
  OK(cudaEventRecord(fork, s));
  OK(cudaStreamWaitEvent(t, fork, 0));
  increment<<<1, 1, 0, t>>>(a, 1);
  EXPECT(cudaErrorStreamCaptureUnjoined, cudaStreamEndCapture(s, &graph));
  int* p;
  OK(cudaStreamBeginCapture(s, cudaStreamCaptureModeGlobal));
  EXPECT(cudaErrorStreamCaptureUnsupported, cudaMalloc(&p, 16));
  EXPECT(cudaErrorStreamCaptureInvalidated, cudaStreamEndCapture(s, &graph));
  OK(cudaStreamBeginCapture(s, cudaStreamCaptureModeThreadLocal));
  EXPECT(cudaErrorStreamCaptureUnsupported, cudaDeviceSynchronize());
  EXPECT(cudaErrorStreamCaptureInvalidated, cudaStreamEndCapture(s, &graph));
  OK(cudaStreamBeginCapture(s, cudaStreamCaptureModeRelaxed));
  OK(cudaMalloc(&p, 16));
  OK(cudaFree(p));
  OK(cudaStreamEndCapture(s, &graph));
  OK(cudaGraphDestroy(graph));
  cudaGetLastError();
  OK(cudaStreamDestroy(s));
  OK(cudaStreamDestroy(t));
}

int main() {
  int *a, *b;
  OK(cudaMalloc(&a, 64 * sizeof(int)));
  OK(cudaMalloc(&b, 64 * sizeof(int)));
  ordinary(a);
  captured(a, b);
  refused(a);
  std::puts("ok");
}
