#include "glimpse/core/backend.h"

#include <dlfcn.h>

#include <string>

#include "glimpse/core/error.h"

namespace glimpse {

Buffer::Buffer(Backend& backend, size_t bytes) : allocator_(backend.allocator()), bytes_(bytes) {
  data_ = bytes ? allocator_.allocate(bytes) : nullptr;
}

Buffer& Buffer::operator=(Buffer&& o) noexcept {
  if (this == &o) return *this;
  reset();
  allocator_ = o.allocator_, data_ = o.data_, bytes_ = o.bytes_;
  o.data_ = nullptr;
  return *this;
}

void Buffer::reset() {
  if (data_) allocator_.release(data_);
  data_ = nullptr;
}

static Backend* (*make_cuda)() = nullptr;

void register_cuda_backend(Backend* (*make)()) { make_cuda = make; }

void load_plugin(const char* path) {
  GLIMPSE_CHECK(dlopen(path, RTLD_NOW | RTLD_GLOBAL), "the plugin %s cannot be loaded: %s", path, dlerror());
}

Backend& cuda_backend() {
  static std::unique_ptr<Backend> made;
  if (made) return *made;
  if (!make_cuda) {
    const char* name = "libglimpse_cuda.so";
    GLIMPSE_CHECK(dlopen(name, RTLD_NOW | RTLD_GLOBAL), "no CUDA here: %s; build with the CUDA toolkit, or use "
                  "--device cpu", dlerror());
    GLIMPSE_CHECK(make_cuda, "%s registers no device", name);
  }
  made.reset(make_cuda());
  return *made;
}

Backend& backend(std::string_view name) {
  if (name == "cpu") return cpu_backend();
  if (name == "cuda") return cuda_backend();
  GLIMPSE_CHECK(name == "auto", "there is no device named \"%.*s\"; use auto, cpu or cuda", int(name.size()),
                name.data());
  try {
    Backend& cuda = cuda_backend();
    if (!cuda.info().is_virtual) return cuda;
  } catch (const Error&) {
    // No runtime or no device: auto means the processor then.
  }
  return cpu_backend();
}

}  // namespace glimpse
