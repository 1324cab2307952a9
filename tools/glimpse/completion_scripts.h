// The commands and options of a program as a shell sees them, and the scripts that complete them.
#pragma once
#include <string>
#include <vector>

namespace glimpse::cli {

enum class Value { none, word, choice, rule, file, directory };  // what follows an option

struct OptionWords {
  std::vector<std::string> names;    // "--model", "-m"; none: a positional argument
  std::string help;
  Value value = Value::none;
  std::vector<std::string> choices;  // of Value::choice; of Value::rule, each with a '=' in it
  bool repeats = false;
};

struct CommandWords {
  std::string name, help;
  std::vector<OptionWords> options;
};

std::string bash_completion(const std::vector<CommandWords>& commands, const OptionWords& program);
std::string zsh_completion(const std::vector<CommandWords>& commands, const OptionWords& program);
std::string fish_completion(const std::vector<CommandWords>& commands, const OptionWords& program);

}  // namespace glimpse::cli
