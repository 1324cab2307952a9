// Any text as a chat: an error, or a prompt in every way of rendering; and as generated text.
#include "glimpse/core/error.h"
#include "model/chat.h"
#include "model/output_parser.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  glimpse::parse_output(text);
  try {
    const glimpse::Chat chat = glimpse::parse_chat(text, "fuzz");
    for (const auto list : {glimpse::ListContent::joined, glimpse::ListContent::python_repr}) {
      glimpse::apply_chat_template(chat, {.add_generation_prompt = true, .list_content = list});
      glimpse::apply_chat_template(chat, {.continue_final_message = true, .list_content = list});
    }
    glimpse::media_of(chat, glimpse::ContentKind::image);
  } catch (const glimpse::Error&) {
  }
  return 0;
}
