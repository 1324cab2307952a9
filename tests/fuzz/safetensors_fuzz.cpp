// Any bytes as a safetensors file: an error, or tensors that lie wholly inside the bytes.
#include <cstdlib>
#include <cstring>

#include "glimpse/core/error.h"
#include "glimpse/core/safetensors.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    std::map<std::string, std::string> metadata;
    const auto* bytes = reinterpret_cast<const std::byte*>(data);
    for (const auto& [name, tensor] : glimpse::parse_safetensors(bytes, size, "fuzz", metadata)) {
      if (tensor.data < bytes || tensor.bytes > static_cast<std::size_t>(bytes + size - tensor.data)) std::abort();
      try {
        tensor.view(name);
      } catch (const glimpse::Error&) {
      }
    }
  } catch (const glimpse::Error&) {
  }
  return 0;
}
