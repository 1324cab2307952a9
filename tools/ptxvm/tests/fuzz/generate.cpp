// Writes a CUDA program of random scalar expressions: generate SEED > program.cu. The same functions are compiled for
// host and device, and the program compares their bits. No expression has undefined behaviour: sums and products are
// unsigned, shifts are masked, divisors are not zero, and what becomes an integer is in range.
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

namespace {

std::mt19937_64 random_bits;

int pick(int n) { return static_cast<int>(random_bits() % static_cast<uint64_t>(n)); }

const char* const kTypes[] = {"int8_t",   "uint8_t", "int16_t",  "uint16_t", "int32_t",
                              "uint32_t", "int64_t", "uint64_t", "float",    "double"};
constexpr int kIntegers = 8, kFloat = 8, kDouble = 9, kCount = 10;

bool is_signed(int t) { return t < kIntegers && t % 2 == 0; }
int bits(int t) { return 8 << (t / 2); }

std::string cast(int t, const std::string& e) { return std::string("static_cast<") + kTypes[t] + ">(" + e + ")"; }

std::string expression(int type, int depth);

std::string leaf(int type) {
  if (type < kIntegers) {
    if (pick(3) == 0) return cast(type, std::to_string(static_cast<int>(random_bits() % 2001) - 1000) + "ll");
    return cast(type, pick(2) ? "a" : "b");
  }
  if (pick(3) == 0) return cast(type, std::to_string((static_cast<int>(random_bits() % 4001) - 2000) / 16.0));
  // At most 2^24, so that sums stay finite and conversions are exact.
  return cast(type, std::string("static_cast<int32_t>(") + (pick(2) ? "a" : "b") + " >> 40)");
}

std::string integer(int type, int depth) {
  const std::string x = expression(type, depth - 1), y = expression(type, depth - 1);
  const int wide = type < 6 ? 5 : 7;  // arithmetic in uint32_t or uint64_t
  const auto arithmetic = [&](const char* op) { return cast(type, cast(wide, x) + " " + op + " " + cast(wide, y)); };
  switch (pick(14)) {
    case 0: return arithmetic("+");
    case 1: return arithmetic("-");
    case 2: return arithmetic("*");
    case 3: return arithmetic("&");
    case 4: return arithmetic("|");
    case 5: return arithmetic("^");
    case 6: return cast(type, cast(type | 1, x) + " / (" + cast(type | 1, y) + " | 1)");
    case 7: return cast(type, cast(type | 1, x) + " % (" + cast(type | 1, y) + " | 1)");
    case 8: return cast(type, cast(wide, x) + " << (" + cast(5, y) + " & " + std::to_string(bits(type) - 1) + ")");
    case 9: return cast(type, x + " >> (" + cast(5, y) + " & " + std::to_string(bits(type) - 1) + ")");
    case 10: return "(" + x + (pick(2) ? " < " : " == ") + y + " ? " + x + " : " + expression(type, depth - 1) + ")";
    case 11: return cast(type, "~" + x);
    case 12: return cast(type, "(" + x + (pick(2) ? " > " : " <= ") + y + ")");
    default: return cast(type, expression(pick(kIntegers), depth - 1));
  }
}

std::string real(int type, int depth) {
  const std::string x = expression(type, depth - 1), y = expression(type, depth - 1);
  const std::string suffix = type == kFloat ? "f" : "";
  switch (pick(10)) {
    case 0: return "(" + x + " + " + y + ")";
    case 1: return "(" + x + " - " + y + ")";
    case 2: return "bounded(" + x + " * " + y + ")";
    case 3: return "bounded(" + x + " / not_small(" + y + "))";
    case 4: return "bounded(fma" + suffix + "(" + x + ", " + y + ", " + expression(type, depth - 1) + "))";
    case 5: return "sqrt" + suffix + "(fabs" + suffix + "(" + x + "))";
    case 6: return "(" + x + " < " + y + " ? " + x + " : " + expression(type, depth - 1) + ")";
    case 7: return "trunc" + suffix + "(" + x + ")";
    case 8: return cast(type, expression(type == kFloat ? kDouble : kFloat, depth - 1));
    default: return cast(type, expression(2 + pick(4), depth - 1));
  }
}

std::string expression(int type, int depth) {
  if (depth <= 0) return leaf(type);
  if (type >= kIntegers) return real(type, depth);
  // Now and then a real number that fits becomes an integer.
  if (bits(type) >= 32 && is_signed(type) && pick(12) == 0)
    return cast(type, "in_range(" + expression(pick(2) ? kFloat : kDouble, depth - 1) + ")");
  return integer(type, depth);
}

}  // namespace

int main(int count, char** arguments) {
  constexpr int kFunctions = 60;
  random_bits.seed(count > 1 ? std::strtoull(arguments[1], nullptr, 10) : 1);
  std::puts(
      "#include <cmath>\n#include <cstdint>\n#include <cstdio>\n#include <cstring>\n#include <vector>\n"
      "#define BOTH __host__ __device__\n"
      "BOTH inline float bounded(float x) { return fabsf(x) < 1e6f ? x : 1.5f; }\n"
      "BOTH inline double bounded(double x) { return fabs(x) < 1e6 ? x : 1.5; }\n"
      "BOTH inline float not_small(float x) { return fabsf(x) > 1e-3f ? x : 1.0f; }\n"
      "BOTH inline double not_small(double x) { return fabs(x) > 1e-3 ? x : 1.0; }\n"
      "BOTH inline float in_range(float x) { return fabsf(x) < 1e9f ? x : 0.0f; }\n"
      "BOTH inline double in_range(double x) { return fabs(x) < 1e9 ? x : 0.0; }\n");
  std::vector<int> types;
  for (int i = 0; i < kFunctions; ++i) {
    types.push_back(pick(kCount));
    std::printf("BOTH inline %s f%d(uint64_t a, uint64_t b) {\n    return %s;\n}\n", kTypes[types[i]], i,
                expression(types[i], 2 + pick(4)).c_str());
  }
  std::puts("BOTH inline void all(uint64_t a, uint64_t b, uint64_t* o) {");
  for (int i = 0; i < kFunctions; ++i) {
    std::printf("    { const auto v = f%d(a, b); o[%d] = 0; memcpy(o + %d, &v, sizeof v); }\n", i, i, i);
  }
  std::printf(
      "}\n__global__ void run(const uint64_t* in, uint64_t* out) {\n"
      "    const int i = blockIdx.x * blockDim.x + threadIdx.x;\n    all(in[2 * i], in[2 * i + 1], out + %d * i);\n}\n"
      "int main() {\n    const int n = 512, functions = %d;\n    std::vector<uint64_t> in(2 * n), out(functions * n), "
      "e(functions);\n"
      "    uint64_t x = 88172645463325252ull;\n"
      "    for (auto& v : in) x ^= x << 13, x ^= x >> 7, x ^= x << 17, v = x >> (x %% 61);\n"
      "    uint64_t *a, *b;\n    cudaMalloc(&a, in.size() * 8);\n    cudaMalloc(&b, out.size() * 8);\n"
      "    cudaMemcpy(a, in.data(), in.size() * 8, cudaMemcpyHostToDevice);\n    run<<<n / 64, 64>>>(a, b);\n"
      "    if (cudaMemcpy(out.data(), b, out.size() * 8, cudaMemcpyDeviceToHost) != cudaSuccess) return 1;\n"
      "    for (int i = 0; i < n; ++i) {\n        all(in[2 * i], in[2 * i + 1], e.data());\n"
      "        for (int k = 0; k < functions; ++k)\n            if (e[k] != out[functions * i + k]) {\n"
      "                std::printf(\"f%%d(%%llx, %%llx) differs: %%llx, host %%llx\\n\", k, (unsigned long long)in[2 * "
      "i],\n"
      "                    (unsigned long long)in[2 * i + 1], (unsigned long long)out[functions * i + k], (unsigned "
      "long long)e[k]);\n"
      "                return 1;\n            }\n    }\n    std::puts(\"ok\");\n}\n",
      kFunctions, kFunctions);
}
