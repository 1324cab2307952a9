// That the table of the reference's keywords in model/README.md is whole and true. tests/data/keywords.json lists the
// keywords of the reference by section.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "../cli/program.h"
#include "media_golden.h"
#include "model/generate_keywords.h"
#include "model/pipeline.h"
#include "model/processor_keywords.h"

namespace glimpse {
namespace {

namespace fs = std::filesystem;

fs::path sources() { return fs::path(GLIMPSE_TEST_DATA).parent_path().parent_path(); }

// A row of the table: a cell's words in backticks, and what the cell says.
struct Row {
  std::vector<std::string> keywords, names, flags, tests;
  std::string cpp;
};

std::vector<std::string> in_backticks(const std::string& cell) {
  std::vector<std::string> words;
  static const std::regex kWord("`([^`]+)`");
  for (std::sregex_iterator i(cell.begin(), cell.end(), kWord), end; i != end; ++i) words.push_back((*i)[1]);
  return words;
}

// The tables by their headings.
std::map<std::string, std::vector<Row>> tables() {
  std::map<std::string, std::vector<Row>> all;
  std::istringstream lines(file_text(sources() / "model/README.md"));
  std::string line, heading;
  while (std::getline(lines, line)) {
    if (line.rfind("#", 0) == 0) heading = line.substr(line.find(' ') + 1);
    if (line.rfind("| `", 0) != 0 || heading.find('(') == heading.npos) continue;
    std::vector<std::string> cells;
    std::istringstream text(line.substr(1));
    for (std::string cell; std::getline(text, cell, '|');) cells.push_back(cell);
    cells.resize(4);
    all[heading].push_back({in_backticks(cells[0]), in_backticks(cells[1]), in_backticks(cells[2]),
                            in_backticks(cells[3]), cells[1]});
  }
  return all;
}

// Runs `check` on every row, with section and first keyword in the trace.
template <class Check> void each_row(Check check) {
  size_t rows = 0;
  for (const auto& [section, table] : tables())
    for (const Row& row : table) {
      SCOPED_TRACE(section + ": " + row.keywords.at(0));
      check(section, row);
      ++rows;
    }
  EXPECT_GT(rows, 150u);
}

TEST(KeywordTable, HasEveryKeywordOfTheReferenceAndNoOther) {
  const Json want = read_json_file(fs::path(GLIMPSE_TEST_DATA) / "keywords.json");
  std::map<std::string, std::multiset<std::string>> got;
  for (const auto& [section, table] : tables())
    for (const Row& row : table) got[section].insert(row.keywords.begin(), row.keywords.end());
  for (const auto& [section, keywords] : want.items()) {
    const std::multiset<std::string> words(keywords.begin(), keywords.end());
    EXPECT_EQ(got[section], words) << section;
  }
  EXPECT_EQ(got.size(), want.size());
}

// What stands between the braces of struct or class `name` in a header; empty if it is not defined there.
std::string members_of(const std::string& header, const std::string& name) {
  std::smatch found;
  if (!std::regex_search(header, found, std::regex("\\b(struct|class) " + name + "\\b[^;{]*\\{"))) return "";
  const size_t begin = size_t(found.position() + found.length());
  size_t at = begin;
  for (int depth = 1; at < header.size() && depth; ++at) depth += header[at] == '{' ? 1 : header[at] == '}' ? -1 : 0;
  return header.substr(begin, at - begin);
}

TEST(KeywordTable, EveryNameIsInAHeader) {
  // Comments do not count.
  std::vector<std::string> headers;
  for (const char* folder : {"model", "include/glimpse/core"})
    for (const auto& file : fs::directory_iterator(sources() / folder))
      if (file.path().extension() == ".h")
        headers.push_back(std::regex_replace(file_text(file.path()), std::regex("//[^\n]*"), ""));
  ASSERT_GT(headers.size(), 50u);
  const auto defined = [](const std::string& header, const std::string& name) {
    const size_t at = name.find("::");
    const std::string text = at == name.npos ? header : members_of(header, name.substr(0, at));
    const std::string word = at == name.npos ? name : name.substr(at + 2);
    return std::regex_search(text, std::regex("\\b" + word + "\\b"));
  };
  each_row([&](const std::string&, const Row& row) {
    EXPECT_FALSE(row.names.empty());
    for (const std::string& name : row.names)
      EXPECT_TRUE(std::any_of(headers.begin(), headers.end(), [&](const auto& h) { return defined(h, name); })) << name;
  });
}

TEST(KeywordTable, EveryFlagIsOneOfRun) {
  const std::string help = glimpse_program({"run", "--help"}).out;
  int flags = 0;
  each_row([&](const std::string&, const Row& row) {
    for (const std::string& flag : row.flags) {
      ++flags;
      EXPECT_TRUE(std::regex_search(help, std::regex("(^|[ ,\n])" + flag + "[ \n]"))) << flag;
    }
  });
  EXPECT_GT(flags, 20);
}

TEST(KeywordTable, EveryTestIsThere) {
  std::set<std::string> registered;
  const auto& unit = *testing::UnitTest::GetInstance();
  const auto part = [](std::string name, bool last) {  // of Prefix/Suite, or of Test/parameter
    const size_t slash = last ? name.rfind('/') : name.find('/');
    return slash == name.npos ? name : last ? name.substr(slash + 1) : name.substr(0, slash);
  };
  for (int s = 0; s < unit.total_test_suite_count(); ++s)
    for (int t = 0; t < unit.GetTestSuite(s)->total_test_count(); ++t)
      registered.insert(part(unit.GetTestSuite(s)->name(), true) + "." +
                        part(unit.GetTestSuite(s)->GetTestInfo(t)->name(), false));
  each_row([&](const std::string&, const Row& row) {
    EXPECT_FALSE(row.tests.empty());
    for (const std::string& test : row.tests) EXPECT_TRUE(registered.count(test)) << test;
  });
}

// The function that takes a section's keywords, and those of its rows that are arguments or results instead.
struct Taker {
  std::function<void(const Json&)> take;
  std::set<std::string> others;
};

const std::map<std::string, Taker>& takers() {
  static const std::map<std::string, Taker> kTakers = {
      {"Glm4vImageProcessor.preprocess (13.2)",
       {[](const Json& k) { with_image_keywords({}, k); },
        {"images", "pixel_values", "image_grid_thw", "get_number_of_image_patches"}}},
      {"Glm4vImageProcessorFast.preprocess (13.3)", {[](const Json& k) { with_image_keywords({}, k); }, {"images"}}},
      {"Glm4vVideoProcessor.preprocess (13.4)",
       {[](const Json& k) { with_video_keywords({}, k); }, {"videos", "pixel_values_videos", "video_grid_thw"}}},
      {"Glm4vProcessor call (13.5)",
       {[](const Json& k) { with_processor_keywords({}, k); },
        {"images", "text", "videos", "input_ids", "attention_mask", "mm_token_type_ids"}}},
      {"Glm4vProcessor.apply_chat_template (13.5)",
       {[](const Json& k) { with_template_keywords({}, k); },
        {"conversation", "image", "url", "path", "base64", "video"}}},
      {"generate (9.2, 13.8)", {[](const Json& k) { with_generate_keywords({}, k); }, {}}},
      {"Pipeline (13.9)", {[](const Json& k) { with_pipeline_keywords({}, k); }, {}}}};
  return kTakers;
}

TEST(KeywordTable, IsWhatTheFunctionsDo) {
  const Json nonsense = Json::parse("[[{}]]");
  int checked = 0;
  each_row([&](const std::string& section, const Row& row) {
    const auto taker = takers().find(section);
    if (taker == takers().end()) return;
    // A value of no use: who takes or refuses the keyword complains about it by name.
    const bool refused = row.cpp.rfind(" refused", 0) == 0;
    const bool indifferent = !refused && row.names.at(0).rfind("with_", 0) == 0;
    for (const std::string& keyword : row.keywords) {
      if (taker->second.others.count(keyword)) continue;
      const std::string says = sentence_of([&] { taker->second.take({{keyword, nonsense}}); });
      EXPECT_EQ(says.find("not a keyword"), says.npos) << says;
      if (!says.empty() || !indifferent) {
        EXPECT_NE(says.find(keyword), says.npos) << keyword << " says: " << says;
      }
      // Null is the reference's way of leaving out.
      if (!refused) {
        EXPECT_EQ(sentence_of([&] { taker->second.take({{keyword, nullptr}}); }), "");
      }
      ++checked;
    }
  });
  EXPECT_GT(checked, 150);
  for (const auto& [section, taker] : takers()) {
    const std::string says = sentence_of([&] { taker.take({{"colour", 1}}); });
    EXPECT_NE(says.find("colour: not a keyword"), says.npos) << section << ": " << says;
  }
}

}  // namespace
}  // namespace glimpse
