// A profile as a picture: a flame graph that grows downwards.
#include <algorithm>
#include <cstdio>
#include <fstream>

#include "glimpse/core/error.h"
#include "profile_report.h"
#include "table.h"

namespace glimpse::cli {

namespace {

constexpr double kWidth = 1200, kMargin = 12, kRow = 24, kTop = 40;
constexpr double kLetter = 6.7;        // width of a letter of 11 px monospace
constexpr double kNarrowest = 0.3;     // px: what is narrower is left out

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '<') out += "&lt;";
    else if (c == '>') out += "&gt;";
    else if (c == '&') out += "&amp;";
    else if (c == '"') out += "&quot;";
    else if (static_cast<unsigned char>(c) < 0x20) out += ' ';  // no such characters in XML
    else out += c;
  }
  return out;
}

std::string name_of(const ProfileRow& row) {
  return row.op.empty() ? row.phase : row.site + "  " + row.op + "." + row.variant;
}

// One pale colour for each op, from its name; phases are grey.
std::string colour(const ProfileRow& row) {
  if (row.op.empty()) return "#d5d8dc";
  uint32_t hash = 2166136261u;
  for (const char c : row.op) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  char text[8];
  std::snprintf(text, sizeof text, "#%02x%02x%02x", 150 + hash % 101, 150 + hash / 101 % 101, 150 + hash / 10201 % 101);
  return text;
}

// Draws rows and, below them, what lies inside; from the left the longest first.
class Picture {
 public:
  explicit Picture(const std::vector<ProfileRow>& rows) : rows_(rows), inside_(rows.size()) {
    for (size_t i = 1; i < rows.size(); ++i) inside_[size_t(rows[i].parent)].push_back(i);
    scale_ = (kWidth - 2 * kMargin) / std::max(rows[0].total, 1e-9);
  }
  void draw(size_t i, double x, int depth) {
    const ProfileRow& row = rows_[i];
    const double width = row.total * scale_, y = kTop + depth * kRow;
    if (width < kNarrowest) return;
    depth_ = std::max(depth_, depth);
    const std::string name = name_of(row);
    const std::string figures = fixed(1e3 * row.total, 2) + " ms, " + fixed(100 * row.total / rows_[0].total, 1) + "%";
    text_ += "<g><title>" + escaped(name) + ": " + figures + ", " + grouped(row.calls) + " calls</title><rect x=\"" +
             fixed(x, 2) + "\" y=\"" + fixed(y, 0) + "\" width=\"" + fixed(width, 2) + "\" height=\"" +
             fixed(kRow - 2, 0) + "\" fill=\"" + colour(row) + "\" stroke=\"white\"/>";
    const size_t letters = size_t(std::max((width - 8) / kLetter, 0.0));
    std::string shown = name + "  " + figures;
    if (shown.size() > letters) shown = name;
    if (shown.size() > letters) shown = letters > 4 ? name.substr(0, letters - 2) + ".." : "";
    if (!shown.empty())
      text_ += "<text x=\"" + fixed(x + 4, 2) + "\" y=\"" + fixed(y + 15, 0) + "\">" + escaped(shown) + "</text>";
    text_ += "</g>\n";
    std::vector<size_t> inside = inside_[i];
    if (i > 0)  // the phases stay in the program's order
      std::stable_sort(inside.begin(), inside.end(),
                       [&](size_t a, size_t b) { return rows_[a].total > rows_[b].total; });
    for (const size_t j : inside) {
      draw(j, x, depth + 1);
      x += rows_[j].total * scale_;
    }
  }
  const std::string& text() const { return text_; }
  double height() const { return kTop + (depth_ + 1) * kRow + kMargin; }

 private:
  const std::vector<ProfileRow>& rows_;
  std::vector<std::vector<size_t>> inside_;
  double scale_ = 0;
  int depth_ = 0;
  std::string text_;
};

}  // namespace

void write_profile_svg(const Profile& profile, const std::string& title, const std::string& path) {
  Picture picture(profile.rows());
  picture.draw(0, kMargin, 0);
  std::ofstream file(path);
  file << "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" << fixed(kWidth, 0) << "\" height=\""
       << fixed(picture.height(), 0) << "\" font-family=\"monospace\" font-size=\"11\">\n"
       << "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n<text x=\"" << fixed(kMargin, 0)
       << "\" y=\"24\" font-size=\"14\">" << escaped(title) << "</text>\n"
       << picture.text() << "</svg>\n";
  file.close();
  GLIMPSE_CHECK(file, "%s cannot be written; give another file to --profile-svg", path.c_str());
}

}  // namespace glimpse::cli
