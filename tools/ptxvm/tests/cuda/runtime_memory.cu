// The malloc family, pools, pointer attributes, and copies and fills in every shape.
#include "runtime_test.h"

__constant__ int table[4];
__device__ int counter = 7;
__managed__ int shared_by_both = 5;

__global__ void read_table(int* out) { out[threadIdx.x] = table[threadIdx.x] + counter; }
__global__ void write_managed(int v) { shared_by_both = v; }

static void allocation() {
  int* p = nullptr;
  OK(cudaMalloc(&p, 1000));
  REQUIRE(reinterpret_cast<size_t>(p) % 256 == 0);
  cudaPointerAttributes a;
  OK(cudaPointerGetAttributes(&a, p + 10));
  REQUIRE(a.type == cudaMemoryTypeDevice && a.devicePointer == p + 10 && a.hostPointer == nullptr);
  size_t free_before, free_after, total;
  OK(cudaMemGetInfo(&free_before, &total));
  OK(cudaFree(p));
  OK(cudaMemGetInfo(&free_after, &total));
  REQUIRE(free_after > free_before && free_after <= total);
  EXPECT(cudaErrorInvalidValue, cudaFree(p));
  OK(cudaFree(nullptr));
  EXPECT(cudaErrorMemoryAllocation, cudaMalloc(&p, size_t{1} << 50));
  REQUIRE(cudaGetLastError() == cudaErrorMemoryAllocation && cudaGetLastError() == cudaSuccess);
  int local = 0;
  OK(cudaPointerGetAttributes(&a, &local));
  REQUIRE(a.type == cudaMemoryTypeUnregistered);
}

static void host_memory() {
  int *pinned, *device_view, *device;
  OK(cudaMallocHost(&pinned, 64 * sizeof(int)));
  OK(cudaHostGetDevicePointer(&device_view, pinned, 0));
  fill<<<1, 64>>>(device_view, 3, 64);
  OK(cudaDeviceSynchronize());
  REQUIRE(pinned[0] == 3 && pinned[63] == 3);
  OK(cudaMalloc(&device, 64 * sizeof(int)));
  OK(cudaMemcpyAsync(device, pinned, 64 * sizeof(int), cudaMemcpyHostToDevice, 0));
  REQUIRE(all_are(host_copy(device, 64), 3));
  EXPECT(cudaErrorInvalidValue, cudaFree(pinned));
  OK(cudaFreeHost(pinned));
  std::vector<int> own(1024, 1);
  OK(cudaHostRegister(own.data(), own.size() * sizeof(int), cudaHostRegisterDefault));
  fill<<<1, 32>>>(own.data(), 9, 32);
  OK(cudaDeviceSynchronize());
  REQUIRE(own[31] == 9 && own[32] == 1);
  OK(cudaHostUnregister(own.data()));
  OK(cudaFree(device));
}

static void managed() {
  int* m;
  OK(cudaMallocManaged(&m, 100 * sizeof(int)));
  m[99] = 1;
  fill<<<1, 128>>>(m, 8, 99);
  OK(cudaDeviceSynchronize());
  REQUIRE(m[0] == 8 && m[98] == 8 && m[99] == 1);
  OK(cudaFree(m));
  REQUIRE(shared_by_both == 5);
  write_managed<<<1, 1>>>(6);
  OK(cudaDeviceSynchronize());
  REQUIRE(shared_by_both == 6);
}

static void shapes() {
  size_t pitch;
  char* plane;
  OK(cudaMallocPitch(&plane, &pitch, 100, 5));
  REQUIRE(pitch >= 100 && pitch % 32 == 0);
  char host[5][10];
  for (int y = 0; y < 5; ++y)
    for (int x = 0; x < 10; ++x) host[y][x] = static_cast<char>(10 * y + x);
  OK(cudaMemset2D(plane, pitch, 0x7f, 100, 5));
  OK(cudaMemcpy2D(plane + 3, pitch, host, 10, 10, 5, cudaMemcpyHostToDevice));
  char row[100];
  OK(cudaMemcpy(row, plane + 4 * pitch, 100, cudaMemcpyDeviceToHost));
  REQUIRE(row[2] == 0x7f && row[3] == 40 && row[12] == 49 && row[13] == 0x7f);
  EXPECT(cudaErrorInvalidPitchValue, cudaMemcpy2D(plane, 4, host, 10, 10, 5, cudaMemcpyHostToDevice));
  OK(cudaFree(plane));
  cudaPitchedPtr box;
  OK(cudaMalloc3D(&box, make_cudaExtent(64, 3, 2)));
  OK(cudaMemset3D(box, 1, make_cudaExtent(64, 3, 2)));
  char back[2][3][64] = {};
  cudaMemcpy3DParms p = {};
  p.srcPtr = box;
  p.dstPtr = make_cudaPitchedPtr(back, 64, 64, 3);
  p.extent = make_cudaExtent(64, 3, 2);
  p.kind = cudaMemcpyDeviceToHost;
  OK(cudaMemcpy3D(&p));
  REQUIRE(back[0][0][0] == 1 && back[1][2][63] == 1);
  OK(cudaFree(box.ptr));
}

static void symbols() {
  const int values[4] = {10, 20, 30, 40};
  OK(cudaMemcpyToSymbol(table, values, sizeof values));
  const int four = 44;
  OK(cudaMemcpyToSymbol(table, &four, sizeof four, 3 * sizeof(int)));
  EXPECT(cudaErrorInvalidValue, cudaMemcpyToSymbol(table, values, sizeof values, 4));
  int* out;
  OK(cudaMalloc(&out, sizeof values));
  read_table<<<1, 4>>>(out);
  const auto got = host_copy(out, 4);
  REQUIRE(got[0] == 17 && got[2] == 37 && got[3] == 51);
  int* address;
  size_t size;
  OK(cudaGetSymbolAddress(reinterpret_cast<void**>(&address), counter));
  OK(cudaGetSymbolSize(&size, counter));
  REQUIRE(size == sizeof(int));
  fill<<<1, 1>>>(address, 70, 1);
  int back;
  OK(cudaMemcpyFromSymbol(&back, counter, sizeof back));
  REQUIRE(back == 70);
  int not_a_symbol;
  EXPECT(cudaErrorInvalidSymbol, cudaGetSymbolSize(&size, &not_a_symbol));
  OK(cudaFree(out));
}

static void pools() {
  cudaMemPool_t pool;
  OK(cudaDeviceGetDefaultMemPool(&pool, 0));
  unsigned long long keep = ~0ull, used;
  OK(cudaMemPoolSetAttribute(pool, cudaMemPoolAttrReleaseThreshold, &keep));
  int* p;
  OK(cudaMallocAsync(&p, 4096, 0));
  OK(cudaMemPoolGetAttribute(pool, cudaMemPoolAttrUsedMemCurrent, &used));
  REQUIRE(used == 4096);
  OK(cudaMemsetAsync(p, 0, 4096, 0));
  REQUIRE(all_are(host_copy(p, 1024), 0));
  OK(cudaFreeAsync(p, 0));
  OK(cudaMemPoolGetAttribute(pool, cudaMemPoolAttrUsedMemCurrent, &used));
  REQUIRE(used == 0);
}

static void directions() {
  int* d;
  int h[4] = {1, 2, 3, 4};
  OK(cudaMalloc(&d, sizeof h));
  EXPECT(cudaErrorInvalidValue, cudaMemcpy(d, h, sizeof h, cudaMemcpyDeviceToHost));
  EXPECT(cudaErrorInvalidValue, cudaMemcpy(d, h, sizeof h + 4096, cudaMemcpyHostToDevice));
  EXPECT(cudaErrorInvalidMemcpyDirection, cudaMemcpy(d, h, sizeof h, static_cast<cudaMemcpyKind>(9)));
  EXPECT(cudaErrorInvalidValue, cudaMemset(h, 0, sizeof h));
  OK(cudaMemcpy(d, h, sizeof h, cudaMemcpyDefault));
  OK(cudaMemcpyPeer(d + 2, 0, d, 0, 2 * sizeof(int)));
  REQUIRE(host_copy(d, 4)[3] == 2);
  OK(cudaFree(d));
}

int main() {
  allocation();
  host_memory();
  managed();
  shapes();
  symbols();
  pools();
  directions();
  std::puts("ok");
}
