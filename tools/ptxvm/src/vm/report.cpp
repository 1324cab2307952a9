// What a failure says: kernel, block, thread, instruction, source line, registers, and the PTX around it.
#include <cxxabi.h>

#include <cinttypes>
#include <cstdlib>

#include "exec.h"

namespace ptxvm {
namespace {

std::string triple(const uint32_t* at) {
  return "(" + std::to_string(at[0]) + "," + std::to_string(at[1]) + "," + std::to_string(at[2]) + ")";
}

// Lines of the text around one, the one itself marked.
std::string excerpt(std::string_view text, uint32_t line) {
  constexpr uint32_t kAround = 2;
  std::string out;
  size_t at = 0;
  for (uint32_t number = 1; at < text.size() && number <= line + kAround; ++number) {
    const size_t end = std::min(text.find('\n', at), text.size());
    if (number + kAround >= line)
      out += std::string(number == line ? "\n  > " : "\n    ") + std::to_string(number) + ": " +
             std::string(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

}  // namespace

std::string demangled(const std::string& name) {
  int status = 0;
  char* text = abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status);
  std::string result = status == 0 ? text : name;
  std::free(text);
  return result;
}

std::string position(const Warp* w, int lane) {
  if (lane < 0 || lane > 31) lane = 0;
  const uint32_t thread[3] = {w->tid[0][lane], w->tid[1][lane], w->tid[2][lane]};
  return "block " + triple(w->block->at) + " thread " + triple(thread);
}

std::string where(const Warp* w, const Inst* in, int) {
  const auto& program = program_of(w);
  const auto& source = program.sources[in->source];
  std::string text = "PTX line " + std::to_string(source.line) + ": " + std::string(source.text);
  if (source.function != program.info.name) text += " in " + demangled(std::string(source.function));
  const auto place = [&](uint32_t file, uint32_t line) {
    const auto known = source.files->find(file);
    return (known == source.files->end() ? std::string("line ") : known->second + ":") + std::to_string(line);
  };
  if (source.source_line == 0 || source.files == nullptr) return text;
  text += " (" + place(source.file, source.source_line);
  if (source.inlined_line != 0) text += ", inlined at " + place(source.inlined_file, source.inlined_line);
  return text + ")";
}

std::string register_values(const Warp* w, const Source& source, int lane) {
  std::string text;
  for (const auto& r : source.registers) {
    char value[64];
    const std::byte* at = w->base[0] + r.slot;
    if (r.bytes == 0) {
      uint32_t mask;
      std::memcpy(&mask, at, 4);
      std::snprintf(value, sizeof value, "%s", (mask >> lane & 1) != 0 ? "true" : "false");
    } else {
      uint64_t bits = 0;
      std::memcpy(&bits, at + static_cast<uint32_t>(lane) * r.bytes, std::min<uint32_t>(r.bytes, 8));
      if (r.type == "f32") std::snprintf(value, sizeof value, "%.9g", std::bit_cast<float>(uint32_t(bits)));
      else if (r.type == "f64") std::snprintf(value, sizeof value, "%.17g", std::bit_cast<double>(bits));
      else std::snprintf(value, sizeof value, "0x%" PRIx64, bits);
    }
    text += (text.empty() ? "" : ", ") + std::string(r.name) + " = " + value;
  }
  return text;
}

std::string finding_text(const Warp* w, const Inst* in, int lane, const std::string& what) {
  const auto& program = program_of(w);
  const auto& source = program.sources[in->source];
  std::string text = "ptxvm: " + what + "\n  kernel " + demangled(program.info.name) + ", " + position(w, lane) +
                     "\n  " + where(w, in, lane);
  const auto values = register_values(w, source, lane);
  if (!values.empty()) text += "\n  " + values;
  return text + excerpt(source.ptx, source.line);
}

const Inst* fail(Warp* w, const Inst* in, Status status, const std::string& what, int lane, bool fatal) {
  if (lane < 0) lane = w->mask != 0 ? first_lane(w->mask) : 0;
  auto& failure = w->block->failure;
  if (failure.status == Status::kSuccess) {
    failure.status = status;
    failure.fatal = fatal;
    failure.report = finding_text(w, in, lane, what);
    if (w->check != 0) ++w->block->finding_count;
  }
  w->stop = Stop::kError;
  w->pc = in;
  return nullptr;
}

}  // namespace ptxvm
