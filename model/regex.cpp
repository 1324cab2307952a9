#include "model/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <algorithm>

#include "glimpse/core/error.h"

namespace glimpse {
namespace {

// PCRE2's \s takes U+180E for a space, the reference's library does not; Unicode's own property is what it means.
std::string with_unicode_spaces(const std::string& pattern) {
  std::string out;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '\\' || i + 1 == pattern.size()) {
      out += pattern[i];
      continue;
    }
    const char next = pattern[++i];
    if (next == 's') out += "\\p{White_Space}";
    else if (next == 'S') out += "\\P{White_Space}";
    else (out += '\\') += next;
  }
  return out;
}

std::string message_of(int code) {
  PCRE2_UCHAR text[200];
  pcre2_get_error_message(code, text, sizeof text);
  return reinterpret_cast<const char*>(text);
}

}  // namespace

struct Regex::Code {
  pcre2_code* code = nullptr;
  ~Code() { pcre2_code_free(code); }
};

struct Regex::Scanner::State {
  pcre2_match_data* data = nullptr;
  pcre2_match_context* context = nullptr;
  pcre2_jit_stack* stack = nullptr;
  ~State() {
    pcre2_match_data_free(data);
    pcre2_match_context_free(context);
    pcre2_jit_stack_free(stack);
  }
};

Regex::Regex(const std::string& pattern, const std::string& source) : code_(std::make_unique<Code>()), source_(source) {
  const std::string translated = with_unicode_spaces(pattern);
  int error = 0;
  PCRE2_SIZE offset = 0;
  code_->code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(translated.data()), translated.size(),
                              PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C, &error, &offset, nullptr);
  GLIMPSE_CHECK(code_->code, "%s: the regular expression \"%s\" does not compile (%s)", source.c_str(),
                pattern.substr(0, 200).c_str(), message_of(error).c_str());
  pcre2_jit_compile(code_->code, PCRE2_JIT_COMPLETE);  // without it matching is slower and equal
}

Regex::~Regex() = default;
Regex::Regex(Regex&&) noexcept = default;
Regex& Regex::operator=(Regex&&) noexcept = default;

Regex::Scanner::Scanner(const Regex& regex, std::string_view text)
    : regex_(&regex), text_(text), state_(std::make_unique<State>()) {
  state_->data = pcre2_match_data_create(1, nullptr);
  state_->context = pcre2_match_context_create(nullptr);
  constexpr std::size_t kStackFirst = 32 << 10, kStackMost = 8 << 20;
  state_->stack = pcre2_jit_stack_create(kStackFirst, kStackMost, nullptr);
  GLIMPSE_CHECK(state_->data && state_->context && state_->stack, "out of memory for a regular expression");
  // A search is to take time in proportion to the text. The released pattern takes at most 1 step a byte, in a run of
  // a million spaces; a pattern that nests repetitions doubles its steps with every byte.
  constexpr std::size_t kSteps = 10000, kStepsPerByte = 32;
  const std::size_t limit = std::min<std::size_t>(kSteps + kStepsPerByte * text.size(), UINT32_MAX);
  pcre2_set_match_limit(state_->context, static_cast<uint32_t>(limit));
  pcre2_jit_stack_assign(state_->context, nullptr, state_->stack);
}

Regex::Scanner::~Scanner() = default;

Regex::Match Regex::Scanner::next(std::size_t from) {
  const int count = pcre2_match(regex_->code_->code, reinterpret_cast<PCRE2_SPTR>(text_.data()), text_.size(), from,
                                PCRE2_NO_UTF_CHECK, state_->data, state_->context);
  if (count == PCRE2_ERROR_NOMATCH) return {};
  GLIMPSE_CHECK(count >= 0,
                "%s: the regular expression takes too many steps on a text of %zu bytes (%s); use the tokenizer.json "
                "that came with the model", regex_->source_.c_str(), text_.size(), message_of(count).c_str());
  const PCRE2_SIZE* bounds = pcre2_get_ovector_pointer(state_->data);
  return {true, bounds[0], bounds[1]};
}

}  // namespace glimpse
