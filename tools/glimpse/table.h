// Text in columns, and numbers as people read them.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace glimpse::cli {

class Table {
 public:
  // One letter a column: 'l' or 'r', to which side its cells are pushed.
  explicit Table(std::string sides) : sides_(std::move(sides)) {}
  void row(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  // Columns two blanks apart, no blanks at the end of a line; `indent` blanks before each.
  std::string text(size_t indent = 0) const;

 private:
  std::string sides_;
  std::vector<std::vector<std::string>> rows_;
};

// "20.59 GB" (powers of 1000, as checkpoints are sold), "512 B".
std::string bytes_text(int64_t bytes);
// "10,292,777,472"
std::string grouped(int64_t number);
// printf("%.*f")
std::string fixed(double value, int digits);

}  // namespace glimpse::cli
