#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace glimpse {

/// A compiled Unicode regular expression with the meaning the reference's tokenizer library gives it. Thread-safe.
class Regex {
 public:
  /// Errors: a pattern that does not compile; `source` opens the sentence.
  Regex(const std::string& pattern, const std::string& source);
  ~Regex();
  Regex(Regex&&) noexcept;
  Regex& operator=(Regex&&) noexcept;

  struct Match {
    bool found = false;
    std::size_t begin = 0, end = 0;
  };

  /// Finds matches one after another in valid UTF-8 text. One scanner per thread and text.
  class Scanner {
   public:
    Scanner(const Regex& regex, std::string_view text);
    ~Scanner();
    Scanner(const Scanner&) = delete;
    Scanner& operator=(const Scanner&) = delete;
    /// The first match that begins at `from` or later. Errors: a search of more steps than a sound pattern takes on a
    /// text of this length.
    Match next(std::size_t from);

   private:
    const Regex* regex_;
    std::string_view text_;
    struct State;
    std::unique_ptr<State> state_;
  };

 private:
  struct Code;
  std::unique_ptr<Code> code_;
  std::string source_;
};

}  // namespace glimpse
