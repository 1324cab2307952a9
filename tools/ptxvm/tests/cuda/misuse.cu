// Calls of the host that would harm memory: misuse NAME makes the mistake, misuse NAME clean does not.
#include <cstdio>
#include <cstring>

namespace {

bool bug;
int host[256];
__constant__ float table[8];

__global__ void add_one(int* a) { a[threadIdx.x] += 1; }

int* array(int count) {
  int* made = nullptr;
  cudaMalloc(&made, count * sizeof(int));
  cudaMemset(made, 0, count * sizeof(int));
  return made;
}

void freed_twice() {
  auto* a = array(64);
  cudaFree(a);
  if (bug) cudaFree(a);
}
void free_inside() { cudaFree(array(64) + (bug ? 4 : 0)); }
void copy_too_much() { cudaMemcpy(array(64), host, bug ? 1024 : 256, cudaMemcpyHostToDevice); }
void copy_back_too_much() { cudaMemcpy(host, array(64), bug ? 1024 : 256, cudaMemcpyDeviceToHost); }
void wrong_direction() { cudaMemcpy(array(64), host, 256, bug ? cudaMemcpyDeviceToHost : cudaMemcpyHostToDevice); }
void one_row_too_many() {
  void* rows = nullptr;
  size_t pitch = 0;
  cudaMallocPitch(&rows, &pitch, 16, 10);
  cudaMemcpy2D(rows, pitch, host, 16, 16, bug ? 11 : 10, cudaMemcpyHostToDevice);
}
void set_too_much() { cudaMemset(array(64), 0, bug ? 1024 : 256); }
void symbol_too_small() { cudaMemcpyToSymbol(table, host, bug ? 64 : 32); }
void copy_of_unwritten() {
  int *from = nullptr, *to = nullptr;
  cudaMalloc(&from, 256);
  cudaMalloc(&to, 256);
  cudaMemset(from, 0, bug ? 252 : 256);
  cudaMemcpy(to, from, 256, cudaMemcpyDeviceToDevice);
  add_one<<<1, 64>>>(to);
}
void refused_launch() { add_one<<<1, bug ? 2048 : 1024>>>(array(1024)); }
void refused_and_noticed() {
  add_one<<<1, 2048>>>(array(1024));
  if (cudaGetLastError() != cudaErrorInvalidConfiguration) std::puts("no error");
}
void host_reads_device() {
  if (bug) std::printf("%d\n", *array(64));
}

struct Case {
  const char* name;
  void (*run)();
};
#define CASE(name) \
  { #name, name }
const Case kCases[] = {CASE(freed_twice),        CASE(free_inside),         CASE(copy_too_much),
                       CASE(copy_back_too_much), CASE(wrong_direction),     CASE(one_row_too_many),
                       CASE(set_too_much),       CASE(symbol_too_small),    CASE(copy_of_unwritten),
                       CASE(refused_launch),     CASE(refused_and_noticed), CASE(host_reads_device)};

}  // namespace

int main(int count, char** arguments) {
  bug = count < 3;
  for (const auto& c : kCases)
    if (count > 1 && std::strcmp(c.name, arguments[1]) == 0) c.run();
  cudaDeviceSynchronize();
  std::puts("ended");
  return 0;
}
