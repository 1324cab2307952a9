// What the program says to a command line that it does not understand.
#pragma once
#include <CLI/CLI.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace glimpse::cli {

// One sentence for a command line that CLI11 refused: what it stumbled over, the nearest name there is, where to look.
std::string usage_sentence(const CLI::App& app, const CLI::ParseError& error);

// The candidate with the fewest letters to change, if they are few enough for a slip; else empty.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace glimpse::cli
