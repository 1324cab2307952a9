#include "glimpse/core/error.h"

#include <cstdarg>
#include <cstdio>

namespace glimpse {

Error::Error(const char* where, const char* what) noexcept {
  std::snprintf(what_, sizeof what_, "%s", what);
  std::snprintf(where_, sizeof where_, "%s", where);
}

void fail(const char* file, int line, const char* condition, const char* format, ...) {
  char what[1024], where[256];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(what, sizeof what, format, arguments);
  va_end(arguments);
  std::snprintf(where, sizeof where, "%s:%d: %s", file, line, condition);
  throw Error(where, what);
}

}  // namespace glimpse
