#include "glimpse/core/context.h"

#include <cstdarg>
#include <cstdio>

#include "glimpse/core/variant.h"

namespace glimpse {

struct StateStore::Node {
  const void* key;
  void* object;
  void (*destroy)(void*);
  Node* next;
};

StateStore::~StateStore() {
  while (head_) {
    Node* node = head_;
    head_ = node->next;
    node->destroy(node->object);
    delete node;
  }
}

void* StateStore::get(const void* key, void* (*make)(), void (*destroy)(void*)) {
  for (Node* n = head_; n; n = n->next)
    if (n->key == key) return n->object;
  head_ = new Node{key, make(), destroy, head_};
  return head_->object;
}

bool Reason::set(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  return true;
}

}  // namespace glimpse
