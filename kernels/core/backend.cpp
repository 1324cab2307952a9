#include "glimpse/core/backend.h"

#include <dlfcn.h>

#include <set>
#include <string>

#include "glimpse/core/error.h"
#include "glimpse/core/op.h"

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

// What a shared object may have registered.
static size_t registered() {
  size_t count = ops().size() + (make_cuda ? 1 : 0);
  for (const OpBase* op : ops()) count += op->variants().size();
  return count;
}

void load_plugin(const char* path) {
  static std::set<void*> loaded;
  const size_t before = registered();
  void* plugin = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
  GLIMPSE_CHECK(plugin, "the plugin %s cannot be loaded: %s", path, dlerror());
  const bool again = !loaded.insert(plugin).second;
  GLIMPSE_CHECK(again || registered() > before, "the plugin %s registers no kernel variant; GLIMPSE_VARIANT registers "
                "one (include/glimpse/core/variant.h)", path);
}

Backend& cuda_backend() {
  static std::unique_ptr<Backend> made;
  if (made) return *made;
  if (!make_cuda) {
    const char* name = "libglimpse_cuda.so";
    GLIMPSE_CHECK(dlopen(name, RTLD_NOW | RTLD_GLOBAL), "no CUDA variants here: %s; build the preset cuda, or use "
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
