// Errors: GLIMPSE_CHECK throws glimpse::Error with file, line, condition and a sentence. Only main catches.
#pragma once
#include <exception>

namespace glimpse {

// what() is the sentence for the user; where() is "file:line: condition" for the developer.
class Error : public std::exception {
 public:
  Error(const char* where, const char* what) noexcept;
  const char* what() const noexcept override { return what_; }
  const char* where() const noexcept { return where_; }

 private:
  char what_[1024];
  char where_[256];
};

// Throws Error; printf-style sentence.
[[noreturn]] void fail(const char* file, int line, const char* condition, const char* format, ...)
    __attribute__((format(printf, 4, 5)));

}  // namespace glimpse

// Throws glimpse::Error with the printf-style sentence unless the condition holds.
#define GLIMPSE_CHECK(condition, ...) \
  ((condition) ? void(0) : ::glimpse::fail(__FILE__, __LINE__, #condition, __VA_ARGS__))
#define GLIMPSE_FAIL(...) ::glimpse::fail(__FILE__, __LINE__, "", __VA_ARGS__)
