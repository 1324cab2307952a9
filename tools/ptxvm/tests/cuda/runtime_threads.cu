// Several host threads, each with its own default stream (built with --default-stream per-thread), and a host function
// that waits for another thread's call of the runtime.
#include <atomic>
#include <chrono>
#include <thread>

#include "runtime_test.h"

static std::atomic<int> asked{0}, answered{0};

// Calls the runtime from a second thread while this one runs inside a stream's host function.
static void wait_for_other(void*) {
  asked = 1;
  while (!answered) std::this_thread::yield();
}

static void own_stream(int index) {
  int *device, *pinned;
  OK(cudaMalloc(&device, 1000 * sizeof(int)));
  OK(cudaMallocHost(&pinned, 1000 * sizeof(int)));
  for (int round = 0; round < 20; ++round) {
    fill<<<10, 100>>>(device, index * 100 + round, 1000);
    OK(cudaMemcpyAsync(pinned, device, 1000 * sizeof(int), cudaMemcpyDeviceToHost, 0));
    OK(cudaStreamSynchronize(0));
    for (int i = 0; i < 1000; ++i) REQUIRE(pinned[i] == index * 100 + round);
  }
  OK(cudaFree(device));
  OK(cudaFreeHost(pinned));
  cudaFree(reinterpret_cast<void*>(8));
  REQUIRE(cudaGetLastError() == cudaErrorInvalidValue);  // the last error is the thread's own
}

static void capture_default_stream() {
  int* device;
  OK(cudaMalloc(&device, 64 * sizeof(int)));
  OK(cudaStreamBeginCapture(0, cudaStreamCaptureModeThreadLocal));  // legal only for the per-thread default stream
  fill<<<1, 64>>>(device, 5, 64);
  cudaGraph_t graph;
  cudaGraphExec_t exec;
  OK(cudaStreamEndCapture(0, &graph));
  OK(cudaGraphInstantiate(&exec, graph, 0));
  OK(cudaGraphLaunch(exec, 0));
  REQUIRE(all_are(host_copy(device, 64), 5));
  OK(cudaGraphExecDestroy(exec));
  OK(cudaGraphDestroy(graph));
  OK(cudaFree(device));
}

int main() {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back(own_stream, i);
  for (auto& t : threads) t.join();
  std::thread other([] {
    while (!asked) std::this_thread::yield();
    OK(cudaDeviceSynchronize());
    answered = 1;
  });
  OK(cudaLaunchHostFunc(0, wait_for_other, nullptr));
  other.join();
  capture_default_stream();
  REQUIRE(cudaPeekAtLastError() == cudaSuccess);
  std::puts("ok");
}
