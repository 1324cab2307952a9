// Warp intrinsics against what each says it does, also in divergent code.
#include "runtime_test.h"

__global__ void shuffles(int* out) {
  const int lane = threadIdx.x;
  int* o = out + lane;
  const int v = lane * 10 + 1;
  o[0] = __shfl_sync(~0u, v, 5);
  o[32] = __shfl_sync(~0u, v, lane + 3, 8);
  o[64] = __shfl_up_sync(~0u, v, 3);
  o[96] = __shfl_up_sync(~0u, v, 2, 16);
  o[128] = __shfl_down_sync(~0u, v, 7);
  o[160] = __shfl_down_sync(~0u, v, 1, 4);
  o[192] = __shfl_xor_sync(~0u, v, 9);
  o[224] = __shfl_xor_sync(~0u, v, 3, 8);
  const double d = lane * 0.5;
  o[256] = int(__shfl_down_sync(~0u, d, 4) * 2);
  // Two halves of the warp, each with its own mask, in one instruction and in two branches.
  const unsigned half = lane < 16 ? 0xffffu : 0xffff0000u;
  o[288] = __shfl_xor_sync(half, v, 8, 16);
  if (lane % 2) o[320] = __shfl_sync(0xaaaaaaaau, v, 7);
  else o[320] = __shfl_sync(0x55555555u, v, 8);
}

__global__ void votes(unsigned* out) {
  const int lane = threadIdx.x;
  unsigned* o = out + lane;
  o[0] = __ballot_sync(~0u, lane % 3 == 0);
  o[32] = __all_sync(~0u, lane < 32) * 2 + __all_sync(~0u, lane < 31);
  o[64] = __any_sync(~0u, lane == 31) * 2 + __any_sync(~0u, lane == 32);
  o[96] = __match_any_sync(~0u, lane / 5);
  int same = 0;
  o[128] = __match_all_sync(~0u, 7, &same) + (same ? 0 : 1);
  o[160] = __match_all_sync(~0u, lane / 31, &same) + (same ? 1 : 0);
  o[192] = __reduce_add_sync(~0u, lane);
  o[224] = __reduce_max_sync(~0u, -lane) + __reduce_min_sync(~0u, lane + 4);
  o[256] = __reduce_xor_sync(~0u, 1u << lane) - __reduce_or_sync(~0u, 1u << lane) + __reduce_and_sync(~0u, lane | 8);
  o[288] = 0;
  if (lane >= 20) o[288] = __activemask();
  __syncwarp();
  if (lane < 7) {
    o[320] = __ballot_sync(0x7fu, lane & 1);
  } else {
    o[320] = __ballot_sync(~0x7fu, lane & 1);
  }
  unsigned long long key = (unsigned long long)(lane & 1) << 40;
  o[352] = __match_any_sync(~0u, key);
}

// Lanes take loops of different lengths, and a lane leaves early.
__global__ void divergent(int* out, int n) {
  const int i = threadIdx.x;
  if (i >= n) return;
  int steps = 0;
  for (unsigned long long x = i + 1; x != 1; ++steps) x = x % 2 ? 3 * x + 1 : x / 2;
  out[i] = steps;
  __syncwarp(__activemask());
  for (int k = 0; k < i; ++k) {
    if (k % 3 == 2) continue;
    if (k > 50) break;
    out[i] += k;
  }
}

int main() {
  int* d;
  OK(cudaMalloc(&d, 4096 * 4));
  shuffles<<<1, 32>>>(d);
  auto s = host_copy(d, 352);
  for (int i = 0; i < 32; ++i) {
    const auto v = [](int lane) { return lane * 10 + 1; };
    REQUIRE(s[i] == v(5));
    REQUIRE(s[32 + i] == v(i / 8 * 8 + (i + 3) % 8));
    REQUIRE(s[64 + i] == v(i < 3 ? i : i - 3));
    REQUIRE(s[96 + i] == v(i % 16 < 2 ? i : i - 2));
    REQUIRE(s[128 + i] == v(i + 7 > 31 ? i : i + 7));
    REQUIRE(s[160 + i] == v(i % 4 == 3 ? i : i + 1));
    REQUIRE(s[192 + i] == v(i ^ 9));
    REQUIRE(s[224 + i] == v(i ^ 3));
    REQUIRE(s[256 + i] == (i + 4 > 31 ? i : i + 4));
    REQUIRE(s[288 + i] == v(i ^ 8));
    REQUIRE(s[320 + i] == v(i % 2 ? 7 : 8));
  }
  votes<<<1, 32>>>(reinterpret_cast<unsigned*>(d));
  auto u = host_copy(d, 384);
  for (int i = 0; i < 32; ++i) {
    unsigned third = 0, group = 0, odd = 0;
    for (int k = 0; k < 32; ++k)
      third |= (k % 3 == 0) << k, group |= unsigned(k / 5 == i / 5) << k, odd |= unsigned(k & 1) << k;
    REQUIRE(unsigned(u[i]) == third && u[32 + i] == 2 && u[64 + i] == 2 && unsigned(u[96 + i]) == group);
    REQUIRE(unsigned(u[128 + i]) == ~0u && u[160 + i] == 0);
    REQUIRE(u[192 + i] == 496 && u[224 + i] == 4 && u[256 + i] == 8);
    REQUIRE(unsigned(u[288 + i]) == (i >= 20 ? 0xfff00000u : 0u));
    REQUIRE(unsigned(u[320 + i]) == (odd & (i < 7 ? 0x7fu : ~0x7fu)));
    REQUIRE(unsigned(u[352 + i]) == (i & 1 ? odd : ~odd));
  }
  divergent<<<1, 128>>>(d, 101);
  auto c = host_copy(d, 101);
  for (int i = 0; i < 101; ++i) {
    int steps = 0;
    for (unsigned long long x = i + 1; x != 1; ++steps) x = x % 2 ? 3 * x + 1 : x / 2;
    for (int k = 0; k < i; ++k) {
      if (k % 3 == 2) continue;
      if (k > 50) break;
      steps += k;
    }
    REQUIRE(c[i] == steps);
  }
  std::puts("ok");
}
