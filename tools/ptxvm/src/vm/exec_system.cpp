// What device code calls without a body: vprintf, __assertfail, malloc, free.
#include <cinttypes>

#include "exec.h"
#include "module.h"

namespace ptxvm {
namespace {

uint64_t argument(const Warp* w, uint32_t lane, uint32_t offset, uint32_t bytes) {
  uint64_t value = 0;
  std::memcpy(&value, w->locals + lane * w->local_stride + w->local + offset, bytes);
  return value;
}

// Reads bytes at a generic address; false after a failure.
bool read(Warp* w, const Inst* in, uint32_t lane, uint64_t address, void* to, uint32_t bytes) {
  Inst generic = *in;
  generic.flags = 0;
  const uint32_t all = w->mask;
  w->mask = 1u << lane;
  uint64_t addresses[32];
  std::byte* p[32];
  bool ok = true;
  for (uint32_t i = 0; i < bytes && ok; ++i) {
    addresses[lane] = address + i;
    ok = ptxvm_resolve(w, &generic, addresses, p, 1);
    if (ok) static_cast<std::byte*>(to)[i] = *p[lane];
  }
  w->mask = all;
  return ok;
}

bool read_text(Warp* w, const Inst* in, uint32_t lane, uint64_t address, std::string* text) {
  constexpr size_t kLongest = 1 << 16;
  for (char c = 1; text->size() < kLongest; ++address) {
    if (!read(w, in, lane, address, &c, 1)) return false;
    if (c == 0) return true;
    *text += c;
  }
  return true;
}

// One conversion of a printf format with its argument.
bool format_one(Warp* w, const Inst* in, uint32_t lane, std::string spec, uint64_t value, std::string* out) {
  const char kind = spec.back();
  std::string body = spec.substr(0, spec.size() - 1);
  const bool wide = body.find('l') != std::string::npos || body.find('j') != std::string::npos ||
                    body.find('z') != std::string::npos || body.find('t') != std::string::npos;
  std::erase_if(body, [](char c) { return c == 'l' || c == 'h' || c == 'j' || c == 'z' || c == 't'; });
  std::string text;
  const auto print = [&text](const std::string& how, auto what) {
    text.resize(static_cast<size_t>(std::snprintf(nullptr, 0, how.c_str(), what)));
    std::snprintf(text.data(), text.size() + 1, how.c_str(), what);
  };
  switch (kind) {
    case 'd':
    case 'i':
      print(body + PRId64, wide ? int64_t(value) : int64_t(int32_t(value)));
      break;
    case 'u':
    case 'x':
    case 'X':
    case 'o':
      print(body + "l" + kind, wide ? value : uint64_t(uint32_t(value)));
      break;
    case 'c': print(body + "c", int(value)); break;
    case 'p': print("0x%" PRIx64, value); break;
    case 's': {
      std::string string;
      if (value == 0) string = "(null)";
      else if (!read_text(w, in, lane, value, &string)) return false;
      print(body + "s", string.c_str());
      break;
    }
    default: print(spec, std::bit_cast<double>(value)); break;
  }
  *out += text;
  return true;
}

// printf's result is the number of its arguments.
bool format(Warp* w, const Inst* in, uint32_t lane, const std::string& text, uint64_t at, std::string* out,
            int32_t* arguments) {
  const auto next = [&](uint32_t bytes, uint64_t* value) {
    ++*arguments;
    at = (at + bytes - 1) / bytes * bytes;
    *value = 0;
    const bool ok = read(w, in, lane, at, value, bytes);
    at += bytes;
    return ok;
  };
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      *out += text[i];
      continue;
    }
    std::string spec = "%";
    uint64_t value = 0;
    for (++i; i < text.size() && std::string_view("diouxXcspeEfFgGaA%").find(text[i]) == std::string_view::npos; ++i) {
      if (text[i] != '*') {
        spec += text[i];
        continue;
      }
      if (!next(4, &value)) return false;
      spec += std::to_string(int32_t(value));
    }
    if (i >= text.size()) break;
    spec += text[i];
    if (text[i] == '%') {
      *out += '%';
      continue;
    }
    const bool eight = std::string_view("speEfFgGaA").find(text[i]) != std::string_view::npos ||
                       spec.find('l') != std::string::npos || spec.find('z') != std::string::npos ||
                       spec.find('j') != std::string::npos || spec.find('t') != std::string::npos;
    if (!next(eight ? 8 : 4, &value) || !format_one(w, in, lane, spec, value, out)) return false;
  }
  return true;
}

void give_back(Warp* w, uint32_t lane, uint32_t offset, const void* value, uint32_t bytes) {
  std::memcpy(w->locals + lane * w->local_stride + w->local + offset, value, bytes);
}

}  // namespace

namespace exec {

const Inst* print(Warp* w, const Inst* in) {
  for (const uint32_t i : Lanes{w->mask}) {
    std::string text, out;
    if (!read_text(w, in, i, argument(w, i, in->more[0], 8), &text)) return nullptr;
    int32_t result = 0;
    if (!format(w, in, i, text, argument(w, i, in->more[1], 8), &out, &result)) return nullptr;
    w->block->output += out;
    give_back(w, i, in->more[2], &result, 4);
  }
  return in + 1;
}

const Inst* assertion(Warp* w, const Inst* in) {
  const uint32_t lane = static_cast<uint32_t>(first_lane(w->mask));
  std::string what, file, function;
  if (!read_text(w, in, lane, argument(w, lane, in->more[0], 8), &what) ||
      !read_text(w, in, lane, argument(w, lane, in->more[1], 8), &file) ||
      !read_text(w, in, lane, argument(w, lane, in->more[3], 8), &function))
    return nullptr;
  const auto line = static_cast<uint32_t>(argument(w, lane, in->more[2], 4));
  for (const uint32_t i : Lanes{w->mask}) {
    const uint32_t* at = w->block->at;
    char text[1024];
    std::snprintf(text, sizeof text, "%s:%u: %s: block: [%u,%u,%u], thread: [%u,%u,%u] Assertion `%s` failed.",
                  file.c_str(), line, function.c_str(), at[0], at[1], at[2], w->tid[0][i], w->tid[1][i], w->tid[2][i],
                  what.c_str());
    w->block->findings.push_back({in->source, text});
  }
  return fail(w, in, Status::kAssert, "device-side assertion `" + what + "` failed");
}

const Inst* device_malloc(Warp* w, const Inst* in) {
  auto& memory = *w->block->launch->memory;
  for (const uint32_t i : Lanes{w->mask}) {
    const uint64_t address = memory.allocate(argument(w, i, in->more[0], 8), MemoryKind::kDevice, "device malloc");
    give_back(w, i, in->more[1], &address, 8);
  }
  // The reservation in use may have grown.
  for (auto& other : w->block->warps) other.reservation_size = memory.high_water() + 64;
  return in + 1;
}

const Inst* device_free(Warp* w, const Inst* in) {
  auto& memory = *w->block->launch->memory;
  for (const uint32_t i : Lanes{w->mask}) {
    const uint64_t address = argument(w, i, in->more[0], 8);
    if (address != 0 && !memory.release(address))
      return fail(w, in, Status::kIllegalAddress, "free of an address that malloc did not give", static_cast<int>(i));
  }
  return in + 1;
}

}  // namespace exec
}  // namespace ptxvm
