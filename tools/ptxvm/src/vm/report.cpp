// What a failure says: kernel, block, thread, instruction, PTX line, source line.
#include <cxxabi.h>

#include <cstdlib>

#include "exec.h"

namespace ptxvm {
namespace {

std::string triple(const uint32_t* at) {
    return "(" + std::to_string(at[0]) + "," + std::to_string(at[1]) + "," + std::to_string(at[2]) + ")";
}

std::string demangled(const std::string& name) {
    int status = 0;
    char* text = abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status);
    std::string result = status == 0 ? text : name;
    std::free(text);
    return result;
}

}  // namespace

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
    if (source.source_line != 0 && source.files != nullptr) {
        const auto file = source.files->find(source.file);
        text += " (" + (file == source.files->end() ? std::string("line ") : file->second + ":") +
                std::to_string(source.source_line) + ")";
    }
    return text;
}

const Inst* fail(Warp* w, const Inst* in, Status status, const std::string& what, int lane, bool fatal) {
    if (lane < 0) lane = w->mask != 0 ? first_lane(w->mask) : 0;
    auto& failure = w->block->failure;
    if (failure.status == Status::kSuccess) {
        failure.status = status;
        failure.fatal = fatal;
        failure.report = "ptxvm: " + what + "\n  kernel " + demangled(program_of(w).info.name) + ", " + position(w, lane) +
                         "\n  " + where(w, in, lane);
    }
    w->stop = Stop::kError;
    w->pc = in;
    return nullptr;
}

}  // namespace ptxvm
