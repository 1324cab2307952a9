// Chats from files and lines: what parse_chat reads, held to what the model's template prints.
#pragma once
#include <string>

#include "model/chat.h"

namespace glimpse::cli {

// The template passes over roles and items that it does not know, and the model would answer without them: an Error
// naming message and item. `source` (a file, a line) begins the sentence.
void check_understood(const Chat& chat, const std::string& source);

// A JSON file of messages, or "-" for standard input. Throws Error as parse_chat and check_understood do, and where the
// file cannot be read.
Chat read_chat(const std::string& path);

}  // namespace glimpse::cli
