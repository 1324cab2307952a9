// What the program says of its command line: help pages, and a sentence for one that it does not understand.
#include "usage.h"

#include <algorithm>
#include <cctype>

namespace glimpse::cli {

namespace {

// Insertions, deletions, replacements between two words (Levenshtein), one row at a time.
size_t edits(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t corner = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, corner + (a[i - 1] != b[j - 1])});
      corner = above;
    }
  }
  return row[b.size()];
}

const CLI::App* parsed_command(const CLI::App& app) {
  const auto commands = app.get_subcommands();
  return commands.empty() ? nullptr : commands.front();
}

std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* c : app.get_subcommands([](const CLI::App* c) { return !c->get_name().empty(); }))
    names.push_back(c->get_name());
  return names;
}

std::vector<std::string> option_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

std::string one_line(std::string text) {
  text.erase(text.find_last_not_of("\n ") + 1);
  std::replace(text.begin(), text.end(), '\n', ' ');
  if (text.size() > 1 && std::islower(static_cast<unsigned char>(text[1])))
    text[0] = char(std::tolower(static_cast<unsigned char>(text[0])));
  return text;
}

}  // namespace

std::string HelpFormatter::make_option_opts(const CLI::Option* option) const {
  if (option->get_type_size() == 0) return "";
  std::string type = option->get_type_name();
  if (const size_t open = type.find('{'); open != type.npos) {
    type = type.substr(open + 1, type.find('}') - open - 1);
    std::replace(type.begin(), type.end(), ',', '|');
  }
  const bool repeats = option->get_multi_option_policy() == CLI::MultiOptionPolicy::TakeAll;
  return " " + type.substr(0, type.find(':')) + (repeats ? " ..." : "") + (option->get_required() ? " (required)" : "");
}

std::string plain_line(std::string text) {
  for (char& c : text)
    if (std::iscntrl(static_cast<unsigned char>(c))) c = '?';
  return text;
}

std::string json_text(const nlohmann::ordered_json& json) {
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

CLI::Option* repeatable(CLI::Option* option) { return option->expected(1)->take_all()->allow_extra_args(false); }

namespace {

template <class Number> CLI::Validator number_check(Number low, Number high, bool zero, const std::string& expected) {
  CLI::Validator validator("");
  return validator.operation([=](std::string& text) {
    Number value = 0;
    const bool number = CLI::detail::lexical_cast(text, value);
    const bool good = number && ((value >= low && value <= high) || (zero && value == 0));
    return good ? std::string() : text + " is not " + expected;
  });
}

std::string range_text(const char* format, double low, double high) {
  char text[80];
  std::snprintf(text, sizeof text, format, low, high);
  return text;
}

}  // namespace

CLI::Validator number_within(double low, double high) {
  return number_check(low, high, false, range_text("a number from %g to %g", low, high));
}
CLI::Validator zero_or_within(double low, double high) {
  return number_check(low, high, true, range_text("0 or a number from %g to %g", low, high));
}
CLI::Validator whole_within(int64_t low, int64_t high) {
  return number_check(low, high, false,
                      "a whole number from " + std::to_string(low) + " to " + std::to_string(high));
}

std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
  std::string best;
  size_t fewest = word.size() / 3 + 2;
  for (const std::string& c : candidates)
    if (const size_t n = edits(word, c); n < fewest) fewest = n, best = c;
  return best;
}

std::string usage_sentence(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App* command = parsed_command(app);
  const std::string program = command ? "glimpse " + command->get_name() : "glimpse";
  const std::string help = "; " + program + " --help shows what there is";
  if (const auto early = app.remaining(); command && !early.empty() && early.front().rfind('-', 0) == 0)
    return early.front() + " stands before the command; options follow it: " + program + " " + early.front() + " ...";
  const std::vector<std::string> rest = app.remaining(true);
  const bool leftover = dynamic_cast<const CLI::ExtrasError*>(&error) || !command;
  if (!leftover || rest.empty()) return one_line(error.what()) + help;
  const std::string word = rest.front().substr(0, rest.front().find('='));
  const bool option = word.size() > 1 && word[0] == '-';
  const std::string near = nearest(word, option ? option_names(command ? *command : app) : command_names(app));
  const std::string hint = near.empty() || (command && !option) ? "" : "; did you mean " + near + "?";
  const std::string who = command ? command->get_name() : "the program";
  if (option) return who + " has no option " + word + (hint.empty() ? help : hint);
  if (!command) return "there is no command \"" + word + "\"" + (hint.empty() ? "; the commands are " +
                       joined(command_names(app)) : hint);
  return who + " has no place for the argument \"" + rest.front() + "\"" + help;
}

}  // namespace glimpse::cli
