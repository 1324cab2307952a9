// What the program says of its command line: help pages, and a sentence for one that it does not understand.
#pragma once
#include <CLI/CLI.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace glimpse::cli {

// Help pages: "--device auto|cpu|cuda" instead of CLI11's description of its checks; "..." where an option may be
// repeated.
class HelpFormatter final : public CLI::Formatter {
 public:
  HelpFormatter() { column_width(32); }
  std::string make_option_opts(const CLI::Option* option) const override;
};

// One sentence for a command line that CLI11 refused: what it stumbled over, the nearest name there is, where to look.
std::string usage_sentence(const CLI::App& app, const CLI::ParseError& error);

// The candidate with the fewest letters to change, if they are few enough for a slip; else empty.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace glimpse::cli
