// A kernel with an instruction that is not modelled: refused by name when it is reached, and only then.
#include <cstdio>
#include <cstdlib>

__global__ void packs(int* out, int reached) {
  if (reached) asm volatile("cvt.pack.sat.s8.s32.b32 %0, %1, %2, %3;" : "=r"(out[0]) : "r"(1), "r"(2), "r"(3));
  out[1] = 7;
}

int main(int count, char**) {
  int *d, seven = 0;
  cudaMalloc(&d, 8);
  packs<<<1, 1>>>(d, count > 1);
  cudaMemcpy(&seven, d + 1, 4, cudaMemcpyDeviceToHost);
  std::printf("got %d\n", seven);
}
