// What the program says of its command line: help pages, and a sentence for one that it does not understand.
#pragma once
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
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

// Text from outside on one line of a terminal: '?' for line ends and other control characters.
std::string plain_line(std::string text);

// A JSON object as --json prints it; bytes that are no UTF-8 (of a file name, say) become U+FFFD.
std::string json_text(const nlohmann::ordered_json& json);

// Lets an option be given several times, with one value each, taken as it stands: CLI11 would split "[a,b]".
CLI::Option* repeatable(CLI::Option* option);

// A number of that range; unlike CLI::Range not "nan".
CLI::Validator number_within(double low, double high);
// The same, or 0.
CLI::Validator zero_or_within(double low, double high);
CLI::Validator whole_within(int64_t low, int64_t high);

// The candidate with the fewest letters to change, if they are few enough for a slip; else empty.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace glimpse::cli
