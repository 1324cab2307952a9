// A kernel with an instruction that is not modelled: refused by name when it is reached, and only then.
#include <cstdio>
#include <cstdlib>

__global__ void sparse(int* out, int reached) {
  if (reached)
    asm volatile("mma.sp.sync.aligned.m16n8k16.row.col.f16.f16.f16.f16 {%0, %1}, {%2, %2}, {%2, %2}, {%2, %2}, %2, 0;"
                 : "=r"(out[0]), "=r"(out[1])
                 : "r"(1));
  out[1] = 7;
}

int main(int count, char**) {
  int *d, seven = 0;
  cudaMalloc(&d, 8);
  sparse<<<1, 1>>>(d, count > 1);
  cudaMemcpy(&seven, d + 1, 4, cudaMemcpyDeviceToHost);
  std::printf("got %d\n", seven);
}
