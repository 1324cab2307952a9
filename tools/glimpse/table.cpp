// Text in columns, and numbers as people read them.
#include "table.h"

#include <algorithm>
#include <cstdio>

namespace glimpse::cli {

std::string Table::text(size_t indent) const {
  std::vector<size_t> widths(sides_.size());
  for (const auto& cells : rows_)
    for (size_t i = 0; i < cells.size(); ++i) widths[i] = std::max(widths[i], cells[i].size());
  std::string all;
  for (const auto& cells : rows_) {
    std::string line(indent, ' ');
    for (size_t i = 0; i < cells.size(); ++i) {
      const std::string blanks(widths[i] - cells[i].size(), ' ');
      const bool right = sides_[i] == 'r';
      line.append(i ? "  " : "").append(right ? blanks : cells[i]).append(right ? cells[i] : blanks);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    all.append(line).append("\n");
  }
  return all;
}

std::string fixed(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

std::string bytes_text(int64_t bytes) {
  const char* units[] = {"B", "kB", "MB", "GB", "TB"};
  double value = double(bytes);
  int unit = 0;
  while (value >= 1000 && unit < 4) value /= 1000, ++unit;
  return fixed(value, unit ? 2 : 0).append(" ").append(units[unit]);
}

std::string grouped(int64_t number) {
  std::string digits = std::to_string(number);
  for (size_t i = digits.size(); i > size_t(3 + (number < 0));) digits.insert(i -= 3, 1, ',');
  return digits;
}

}  // namespace glimpse::cli
