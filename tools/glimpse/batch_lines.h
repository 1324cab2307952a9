// The lines of a batch file: questions in, records out.
#pragma once
#include <cstdint>
#include <filesystem>
#include <istream>
#include <string>

#include "model/chat.h"

namespace glimpse::cli {

// {"messages": [...]}, or {"prompt": "...", "image": FILE or [FILE, ...], "video": ..., "system": "..."}; "id" of any
// kind is given back. Throws Error naming the line and the field.
struct BatchLine {
  int64_t index;   // of the line in the file, from 0
  OrderedJson id;  // null where there is none
  Chat chat;
};
BatchLine parse_batch_line(const std::string& text, int64_t index);

// The next line without its end, of which no more than kLongestLine + 1 bytes are kept: parse_batch_line refuses it
// then. False at the end of the input.
inline constexpr size_t kLongestLine = size_t{256} << 20;
bool read_line(std::istream& in, std::string& line);

// "2/8": every line whose index leaves 2 when divided by 8.
struct Shard {
  int64_t index = 0, count = 1;
  bool has(int64_t line) const { return line % count == index; }
};
Shard parse_shard(const std::string& text);

// What runs that ended early have written to an output file. Throws Error where the file holds something else, or a
// record of a line that is not of the shard.
struct Finished {
  int64_t last = -1;  // the highest index that a whole record has
  int64_t records = 0, failed = 0;
  uint64_t bytes = 0;  // of the whole records; what follows is one that was being written
};
Finished finished(const std::filesystem::path& output, const Shard& shard);

}  // namespace glimpse::cli
