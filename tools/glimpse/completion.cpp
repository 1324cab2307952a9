// glimpse completion: a completion script for a shell, made from the commands and options that the program has.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "commands.h"
#include "completion_scripts.h"
#include "glimpse/core/backend.h"
#include "glimpse/core/error.h"
#include "glimpse/core/op.h"

namespace glimpse::cli {

namespace {

// "attention=scalar", ...: what --kernel takes everywhere; a site may stand before the sign.
std::vector<std::string> kernel_rules() {
  std::vector<std::string> rules;
  for (const OpBase* op : ops())
    for (const VariantInfo& v : op->variants()) rules.push_back(std::string(op->name()) + "=" + v.name);
  return rules;
}

std::vector<std::string> op_names() {
  std::vector<std::string> names;
  for (const OpBase* op : ops()) names.push_back(op->name());
  return names;
}

// Type names look like "NAME:{auto,cpu,cuda}", "FILE.so", "DIR", "OP", "N".
void set_value(OptionWords& words, const std::string& type) {
  const size_t open = type.find('{');
  if (open != type.npos) {
    words.value = Value::choice;
    words.choices = CLI::detail::split(type.substr(open + 1, type.find('}') - open - 1), ',');
  } else if (type == "RULE") {
    words.value = Value::rule, words.choices = kernel_rules();
  } else if (type == "OP") {
    words.value = Value::choice, words.choices = op_names();
  } else if (type.find("DIR") != type.npos) {
    words.value = Value::directory;
  } else {
    words.value = type.find("FILE") != type.npos ? Value::file : Value::word;
  }
}

OptionWords words_of(const CLI::Option& option) {
  OptionWords words;
  for (const std::string& name : option.get_lnames()) words.names.push_back("--" + name);
  for (const std::string& name : option.get_snames()) words.names.push_back("-" + name);
  words.help = option.get_description();
  words.repeats = option.get_multi_option_policy() == CLI::MultiOptionPolicy::TakeAll;
  if (option.get_items_expected_max() > 0) set_value(words, option.get_type_name());
  return words;
}

CommandWords words_of(const CLI::App& command) {
  CommandWords words{command.get_name(), command.get_description(), {}};
  for (const CLI::Option* option : command.get_options()) words.options.push_back(words_of(*option));
  return words;
}

void completion(const CLI::App& app, const std::string& shell) {
  try {
    cuda_backend();  // brings the CUDA variants
  } catch (const Error&) {
    // A build or machine without them.
  }
  std::vector<CommandWords> commands;
  for (const CLI::App* c : app.get_subcommands([](const CLI::App*) { return true; })) commands.push_back(words_of(*c));
  OptionWords program;
  for (const OptionWords& o : words_of(app).options)
    program.names.insert(program.names.end(), o.names.begin(), o.names.end());
  const auto script = shell == "bash" ? bash_completion : shell == "zsh" ? zsh_completion : fish_completion;
  std::fputs(script(commands, program).c_str(), stdout);
}

}  // namespace

void add_completion(CLI::App& app, int&) {
  auto shell = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("completion", "print a script that teaches a shell these commands");
  command->add_option("shell", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}))
      ->type_name("SHELL");
  command->footer("Examples:\n"
                  "  source <(glimpse completion bash)       for this shell; put the line into ~/.bashrc to keep it\n"
                  "  glimpse completion zsh > ~/.zfunc/_glimpse\n"
                  "  glimpse completion fish | source");
  command->callback([&app, shell] { completion(app, *shell); });
}

}  // namespace glimpse::cli
