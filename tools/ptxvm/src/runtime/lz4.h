#pragma once

#include <cstddef>
#include <span>

namespace ptxvm {

// Decodes one LZ4 block (format: lz4_Block_format.md of the LZ4 project), what nvcc --compress-mode=speed and nvcc up
// to 12 write. Returns the bytes written, 0 if the block is malformed; never reads or writes outside the spans.
size_t lz4_decompress(std::span<const std::byte> block, std::span<std::byte> text);

}  // namespace ptxvm
