// The commands and options of a program as a shell sees them, and the scripts that complete them.
#include "completion_scripts.h"

namespace glimpse::cli {

namespace {

std::string joined(const std::vector<std::string>& words, const char* between) {
  std::string text;
  for (const std::string& w : words) text.append(text.empty() ? "" : between).append(w);
  return text;
}

std::string names_of(const std::vector<CommandWords>& commands) {
  std::vector<std::string> names;
  for (const CommandWords& c : commands) names.push_back(c.name);
  return joined(names, " ");
}

// Inside single quotes; `special` are the characters that want a backslash there as well.
std::string quoted(const std::string& text, const std::string& special) {
  std::string out;
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
      continue;
    }
    if (special.find(c) != special.npos) out += '\\';
    out += c;
  }
  return out;
}

// How bash makes the words that may stand after this option.
std::string bash_source(const OptionWords& o) {
  if (o.value == Value::rule) return "compgen -W \"$(_glimpse_rules \"$left\")\"";
  if (o.value == Value::choice) return "compgen -W '" + joined(o.choices, " ") + "'";
  return o.value == Value::directory ? "compgen -d" : o.value == Value::file ? "compgen -f" : "true";
}

std::string zsh_value(const OptionWords& o) {
  if (!o.choices.empty()) return ":value:(" + joined(o.choices, " ") + ")";
  if (o.value == Value::none) return "";
  return o.value == Value::directory ? ":directory:_files -/" : o.value == Value::file ? ":file:_files" : ":value: ";
}

std::string fish_value(const OptionWords& o) {
  if (!o.choices.empty()) return " -x -a '" + joined(o.choices, " ") + "'";
  if (o.value == Value::none) return "";
  if (o.value == Value::directory) return " -x -a '(__fish_complete_directories)'";
  return o.value == Value::file ? " -r -F" : " -x";
}

std::string zsh_specs(const OptionWords& o) {
  if (o.names.empty()) return " \\\n      '*" + zsh_value(o) + "'";
  std::string text;
  for (const std::string& name : o.names)
    text.append(" \\\n      '").append(o.repeats ? "*" : "").append(name).append("[").append(quoted(o.help, "[]:\\"))
        .append("]").append(zsh_value(o)).append("'");
  return text;
}

std::string fish_names(const OptionWords& o) {
  std::string text;
  for (const std::string& name : o.names)
    text.append(name[1] == '-' ? " -l " + name.substr(2) : " -s " + name.substr(1));
  return text;
}

}  // namespace

std::string bash_completion(const std::vector<CommandWords>& commands, const OptionWords& program) {
  std::string values, words, rules;
  for (const CommandWords& c : commands) {
    std::vector<std::string> all;
    for (const OptionWords& o : c.options) {
      if (o.value == Value::rule) rules = joined(o.choices, " ");
      all.insert(all.end(), o.names.begin(), o.names.end());
      if (o.names.empty()) all.insert(all.end(), o.choices.begin(), o.choices.end());
      if (o.value == Value::none || o.names.empty()) continue;
      std::vector<std::string> patterns;
      for (const std::string& name : o.names) patterns.push_back("'" + c.name + " " + name + "'");
      values += "    " + joined(patterns, "|") + ") source=(" + bash_source(o) + ") ;;\n";
    }
    words += "    " + c.name + ") words='" + joined(all, " ") + "' ;;\n";
  }
  return "# bash: source <(glimpse completion bash)\n"
         "_glimpse_rules() {  # those of the op before the sign, or all\n"
         "  local rule op=${1%%[.[]*}\n"
         "  for rule in " + rules + "; do\n"
         "    if [ -z \"$op\" ]; then echo \"$rule\"\n"
         "    elif [ \"${rule%%=*}\" = \"$op\" ]; then echo \"${rule#*=}\"\n"
         "    fi\n"
         "  done\n"
         "}\n"
         "_glimpse() {\n"
         "  local at=$COMP_CWORD word=${COMP_WORDS[COMP_CWORD]} left='' command=${COMP_WORDS[1]} before\n"
         "  # bash cuts words at '=': --device=c is three of them, attention=sc too.\n"
         "  if [ \"$word\" = = ]; then word='' at=$((at + 1)); fi\n"
         "  if [ \"${COMP_WORDS[at-1]}\" = = ] && [[ ${COMP_WORDS[at-2]} != -* ]]; then\n"
         "    left=${COMP_WORDS[at-2]} at=$((at - 2))\n"
         "  fi\n"
         "  if [ \"${COMP_WORDS[at-1]}\" = = ]; then at=$((at - 1)); fi\n"
         "  before=${COMP_WORDS[at-1]}\n"
         "  local words='" + names_of(commands) + " " + joined(program.names, " ") + "' source=()\n"
         "  COMPREPLY=()\n"
         "  if [ \"$COMP_CWORD\" -gt 1 ]; then\n"
         "    case \"$command\" in\n" + words + "    *) return ;;\n    esac\n"
         "    case \"$command $before\" in\n" + values + "    esac\n"
         "  fi\n"
         "  [ ${#source[@]} -gt 0 ] || source=(compgen -W \"$words\")\n"
         "  mapfile -t COMPREPLY < <(\"${source[@]}\" -- \"$word\")\n"
         "}\n"
         "complete -o filenames -o bashdefault -F _glimpse glimpse\n";
}

std::string zsh_completion(const std::vector<CommandWords>& commands, const OptionWords& program) {
  std::string list, cases;
  for (const CommandWords& c : commands) {
    list += "    '" + quoted(c.name, ":") + ":" + quoted(c.help, "") + "'\n";
    cases += "  " + c.name + ") _arguments";
    for (const OptionWords& o : c.options) cases += zsh_specs(o);
    cases += " ;;\n";
  }
  return "#compdef glimpse\n"
         "# zsh: source <(glimpse completion zsh), or write it to a file _glimpse in a directory of $fpath\n"
         "_glimpse() {\n"
         "  local -a commands=(\n" + list + "  )\n"
         "  if (( CURRENT == 2 )); then\n"
         "    _describe command commands\n"
         "    compadd -- " + joined(program.names, " ") + "\n"
         "    return\n"
         "  fi\n"
         "  local command=$words[2]\n"
         "  shift words\n"
         "  (( CURRENT-- ))\n"
         "  case $command in\n" + cases + "  esac\n"
         "}\n"
         "if [ \"$funcstack[1]\" = _glimpse ]; then _glimpse \"$@\"; else compdef _glimpse glimpse; fi\n";
}

std::string fish_completion(const std::vector<CommandWords>& commands, const OptionWords& program) {
  std::string text = "# fish: glimpse completion fish | source\ncomplete -c glimpse -e\ncomplete -c glimpse -f\n"
                     "complete -c glimpse -n __fish_use_subcommand" + fish_names(program) + "\n";
  for (const CommandWords& c : commands) {
    text += "complete -c glimpse -n __fish_use_subcommand -a " + c.name + " -d '" + quoted(c.help, "\\") + "'\n";
    for (const OptionWords& o : c.options) {
      if (o.names.empty() && o.choices.empty() && o.value != Value::file) continue;
      text += "complete -c glimpse -n '__fish_seen_subcommand_from " + c.name + "'" + fish_names(o) + fish_value(o) +
              " -d '" + quoted(o.help, "\\") + "'\n";
    }
  }
  return text;
}

}  // namespace glimpse::cli
