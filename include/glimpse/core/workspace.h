// Scratch memory of one context: a growable arena used like a stack.
#pragma once
#include <cstddef>
#include <cstdint>

namespace glimpse {

// Allocation hooks of a device; free takes what allocate returned.
struct Allocator {
  void* (*allocate)(size_t bytes) = nullptr;
  void (*release)(void* data) = nullptr;
};

// take() never invalidates an earlier take of the same scope: growing chains a new chunk, and the chunks become one
// when the outermost scope ends. A frozen arena (a captured graph holds its addresses) throws instead of growing.
class Workspace {
 public:
  static constexpr size_t kAlign = 256;
  explicit Workspace(Allocator allocator) : allocator_(allocator) {}
  // A fixed arena over foreign memory (tests: exactly the declared size between guard zones).
  Workspace(void* data, size_t bytes) : fixed_(true), frozen_(true) { chunks_[0] = {static_cast<char*>(data), bytes}; }
  ~Workspace();
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;

  // `bytes` rounded up to kAlign. Throws when frozen and too small.
  void* take(size_t bytes);
  void freeze() { frozen_ = true; }
  void thaw() { frozen_ = false; }
  size_t capacity() const;
  size_t peak() const { return peak_; }
  static constexpr size_t rounded(size_t bytes) { return (bytes + kAlign - 1) / kAlign * kAlign; }

  // What is taken while a Scope lives is given back at its end.
  class Scope {
   public:
    explicit Scope(Workspace& w) : w_(w), chunk_(w.chunk_), used_(w.used_), total_(w.total_) { ++w.depth_; }
    ~Scope() { w_.leave(chunk_, used_, total_); }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Workspace& w_;
    int chunk_;
    size_t used_, total_;
  };

 private:
  struct Chunk {
    char* data = nullptr;
    size_t bytes = 0;
  };
  static constexpr int kMaxChunks = 32;  // each at least doubles: far beyond any memory
  void leave(int chunk, size_t used, size_t total);
  Allocator allocator_;
  bool fixed_ = false, frozen_ = false;
  Chunk chunks_[kMaxChunks];
  int chunk_ = 0, depth_ = 0;
  size_t used_ = 0, total_ = 0, peak_ = 0;  // used_: of the current chunk; total_: of all
};

}  // namespace glimpse
