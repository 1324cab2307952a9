// Any text as tokenizer.json; and any text through the small tokenizer, where decoding must undo encoding.
#include <cstdlib>

#include "glimpse/core/error.h"
#include "model/json.h"
#include "model/tokenizer.h"
#include "model/unicode.h"

namespace {

const glimpse::Tokenizer& small_tokenizer() {
  static const auto tokenizer = glimpse::Tokenizer::from_pretrained(GLIMPSE_TEST_DATA "/nano");
  return tokenizer;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto ids = small_tokenizer().encode(text);
  if (small_tokenizer().decode(ids) != glimpse::to_valid_utf8(text)) std::abort();
  glimpse::StreamDecoder stream(small_tokenizer(), false);
  std::string streamed;
  for (const auto id : ids) streamed += stream.push(id);
  if (streamed + stream.finish() != glimpse::to_valid_utf8(text)) std::abort();
  try {
    glimpse::Tokenizer::from_json(text, "fuzz").encode("a b " + std::string(60, 'a'));
  } catch (const glimpse::Error&) {
  }
  return 0;
}
