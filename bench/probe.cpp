#include "probe.h"

#include <immintrin.h>
#include <omp.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include <dnnl.hpp>

#include "glimpse/core/backend.h"
#include "glimpse/core/error.h"

namespace glimpse::bench {
namespace {

double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

constexpr size_t kStreams = 8;  // per thread; one alone reaches a half to two thirds of the bandwidth

// Reads [data, data + bytes) in kStreams streams; returns something that depends on every byte.
__attribute__((target("avx2"))) uint64_t read_avx2(const char* data, size_t bytes) {
  const size_t step = bytes / kStreams / 64 * 64;
  __m256i sum[kStreams] = {};
  for (size_t at = 0; at < step; at += 64)
    for (size_t s = 0; s < kStreams; ++s) {
      const auto* p = reinterpret_cast<const __m256i*>(data + s * step + at);
      sum[s] = _mm256_xor_si256(sum[s], _mm256_xor_si256(_mm256_load_si256(p), _mm256_load_si256(p + 1)));
    }
  for (size_t s = 1; s < kStreams; ++s) sum[0] = _mm256_xor_si256(sum[0], sum[s]);
  return uint64_t(_mm256_extract_epi64(sum[0], 0) ^ _mm256_extract_epi64(sum[0], 3));
}

constexpr int kChains = 12;            // latency 4-5 x two units a cycle
constexpr int64_t kRounds = 20000000;  // about 30 ms

__attribute__((target("avx2,fma"))) float fma_avx2() {
  __m256 a[kChains];
#pragma GCC unroll 12
  for (int i = 0; i < kChains; ++i) a[i] = _mm256_set1_ps(float(i));
  const __m256 m = _mm256_set1_ps(0.999f), c = _mm256_set1_ps(0.001f);
  for (int64_t r = 0; r < kRounds; ++r) {
#pragma GCC unroll 12
    for (int i = 0; i < kChains; ++i) {
      a[i] = _mm256_fmadd_ps(a[i], m, c);
      __asm__ volatile("" : "+x"(a[i]));  // in a register, every round
    }
  }
#pragma GCC unroll 12
  for (int i = 1; i < kChains; ++i) a[0] = _mm256_add_ps(a[0], a[i]);
  return _mm256_cvtss_f32(a[0]);
}

__attribute__((target("avx512f"))) float fma_avx512() {
  __m512 a[kChains];
#pragma GCC unroll 12
  for (int i = 0; i < kChains; ++i) a[i] = _mm512_set1_ps(float(i));
  const __m512 m = _mm512_set1_ps(0.999f), c = _mm512_set1_ps(0.001f);
  for (int64_t r = 0; r < kRounds; ++r) {
#pragma GCC unroll 12
    for (int i = 0; i < kChains; ++i) {
      a[i] = _mm512_fmadd_ps(a[i], m, c);
      __asm__ volatile("" : "+v"(a[i]));
    }
  }
#pragma GCC unroll 12
  for (int i = 1; i < kChains; ++i) a[0] = _mm512_add_ps(a[0], a[i]);
  return _mm512_cvtss_f32(a[0]);
}

volatile uint64_t g_sink;  // keeps what the probes compute alive

}  // namespace

double read_bandwidth(int threads, int repeats, const std::vector<std::span<const char>>& parts) {
  const DeviceInfo& device = cpu_backend().info();
  GLIMPSE_CHECK(device.isa & kIsaAvx2, "the read probe needs AVX2");
  const size_t enough = size_t(std::max<int64_t>(4 * device.l3_bytes, 256 << 20));
  // Slices that start on cache lines and are whole steps of the streams, one for each thread.
  constexpr size_t kStep = kStreams * 64;
  std::vector<std::span<const char>> slices;
  size_t bytes = 0;
  for (const auto& part : parts) {
    const size_t skip = (64 - reinterpret_cast<uintptr_t>(part.data()) % 64) % 64;
    const size_t slice = part.size() < skip ? 0 : (part.size() - skip) / size_t(threads) / kStep * kStep;
    if (slice == 0 || bytes >= enough) continue;
    slices.push_back(part.subspan(skip, slice * size_t(threads)));
    bytes += slices.back().size();
  }
  double best = 0;
  for (int r = 0; r < repeats; ++r) {
    uint64_t sum = 0;
    const double start = seconds();
#pragma omp parallel num_threads(threads) reduction(^ : sum)
    for (const auto& s : slices) {
      const size_t slice = s.size() / size_t(threads);
      sum ^= read_avx2(s.data() + slice * size_t(omp_get_thread_num()), slice);
    }
    best = std::max(best, double(bytes) / (seconds() - start));
    g_sink = sum;
  }
  return best;
}

double read_bandwidth(int threads, int repeats) {
  const size_t bytes = size_t(std::max<int64_t>(4 * cpu_backend().info().l3_bytes, 256 << 20));
  static Buffer memory;
  if (memory.bytes() < bytes) {
    memory = Buffer(cpu_backend(), bytes);
    std::memset(memory.data(), 1, bytes);
  }
  return read_bandwidth(threads, repeats, {{static_cast<const char*>(memory.data()), bytes}});
}

double sgemm_rate(int threads, int repeats) {
  constexpr dnnl_dim_t n = 1536;
  std::vector<float> a(n * n, 0.5f), b(n * n, 0.25f), c(n * n);
  const int before = omp_get_max_threads();
  omp_set_num_threads(threads);
  double best = 0;
  for (int r = 0; r < repeats; ++r) {
    const double start = seconds();
    const auto status = dnnl::sgemm('N', 'T', n, n, n, 1, a.data(), n, b.data(), n, 0, c.data(), n);
    GLIMPSE_CHECK(status == dnnl::status::success, "oneDNN's sgemm failed with status %d", int(status));
    best = std::max(best, 2.0 * double(n) * double(n) * double(n) / (seconds() - start));
  }
  omp_set_num_threads(before);
  return best;
}

double fma_peak(int threads, int repeats) {
  const uint32_t isa = cpu_backend().info().isa;
  GLIMPSE_CHECK(isa & kIsaAvx2, "the multiply-add probe needs AVX2 and FMA");
  const bool wide = isa & kIsaAvx512;
  double best = 0;
  for (int r = 0; r < repeats; ++r) {
    float sum = 0;
    const double start = seconds();
#pragma omp parallel num_threads(threads) reduction(+ : sum)
    sum += wide ? fma_avx512() : fma_avx2();
    best = std::max(best, 2.0 * (wide ? 16 : 8) * kChains * double(kRounds) * threads / (seconds() - start));
    g_sink = uint64_t(sum);
  }
  return best;
}

}  // namespace glimpse::bench
