// glimpse parity: everything the model computes, compared with the tensors of the reference.
#include "model/parity.h"

#include <cmath>
#include <cstdio>
#include <memory>

#include "commands.h"
#include "model_options.h"
#include "table.h"
#include "usage.h"

namespace glimpse::cli {

namespace {

struct ParityOptions {
  ModelOptions common;
  std::string golden, only;
  bool quiet = false;
};

// What became of one case: its report, or why there is none.
struct Outcome {
  ParityReport report;
  std::string error;
  bool holds() const { return error.empty() && report.holds(); }
  // What is wrong, where something is.
  std::string fault() const {
    return error.empty() ? "DIVERGES first at " + report.first_fault()->name : "NOT COMPARED: " + error;
  }
};

std::string scientific(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2e", value);
  return text;
}

std::string shape_text(const std::vector<int64_t>& shape) {
  std::string text;
  for (const int64_t n : shape) text += (text.empty() ? "" : "x") + std::to_string(n);
  return text;
}

std::string verdict(const ParityRow& row) {
  std::string text = row.holds ? "" : "DIVERGES";
  if (!row.note.empty()) text += (text.empty() ? "" : ": ") + row.note;
  return text;
}

void print(const Outcome& outcome, bool quiet) {
  const ParityReport& report = outcome.report;
  Table table("llrrrrl");
  if (!quiet) table.row({"tensor", "shape", "max abs", "relative", "bound", "ulp", ""});
  size_t shown = 0, judged = 0;
  for (const ParityRow& row : report.rows) {
    judged += row.judged();
    if (quiet && row.holds) continue;
    ++shown;
    const std::string equal = row.different ? std::to_string(row.different) + " differ" : "equal";
    if (row.exact)
      table.row({row.name, shape_text(row.shape), "", equal, "equal", "", verdict(row)});
    else
      table.row({row.name, shape_text(row.shape), scientific(row.max_abs), scientific(row.relative),
                 row.judged() ? scientific(row.bound) : "-", fixed(row.ulp, 1), verdict(row)});
  }
  const size_t open = report.rows.size() - judged;
  std::string summary = std::to_string(judged) + " rows agree";
  if (open > 0) summary += ", " + std::to_string(open) + " have no bound";
  if (!outcome.holds()) summary = outcome.fault();
  std::printf("%s: %s\n%s", report.name.c_str(), summary.c_str(), shown ? table.text(2).c_str() : "");
  std::fflush(stdout);
}

OrderedJson number(double value) { return std::isfinite(value) ? OrderedJson(value) : OrderedJson(nullptr); }

OrderedJson json_of(const Outcome& outcome) {
  OrderedJson json = {{"name", outcome.report.name}, {"holds", outcome.holds()}, {"first_divergence", nullptr}};
  if (!outcome.error.empty()) json["error"] = outcome.error;
  if (const ParityRow* first = outcome.report.first_fault()) json["first_divergence"] = first->name;
  json["rows"] = OrderedJson::array();
  for (const ParityRow& row : outcome.report.rows) {
    OrderedJson one = {{"name", row.name}, {"shape", row.shape}, {"holds", row.holds}, {"judged", row.judged()}};
    if (row.exact) one["different"] = row.different;
    else
      one["max_abs"] = number(row.max_abs), one["relative"] = number(row.relative), one["bound"] = number(row.bound),
      one["ulp"] = number(row.ulp);
    if (!row.note.empty()) one["note"] = row.note;
    json["rows"].push_back(one);
  }
  return json;
}

Outcome compare(Parity& parity, const std::filesystem::path& path) {
  try {
    return {parity.compare(path), ""};
  } catch (const Error& error) {
    return {{.name = path.filename().string(), .rows = {}}, error.what()};
  }
}

// "1 of 3 cases disagrees with the reference (scene), 1 could not be compared (video)".
std::string summary(const std::vector<Outcome>& outcomes) {
  std::string wrong, failed;
  size_t wrongs = 0, failures = 0;
  for (const Outcome& o : outcomes) {
    if (o.holds()) continue;
    ++(o.error.empty() ? wrongs : failures);
    std::string& names = o.error.empty() ? wrong : failed;
    names += (names.empty() ? "" : ", ") + o.report.name;
  }
  const std::string all = " of " + std::to_string(outcomes.size()) + (outcomes.size() == 1 ? " case" : " cases");
  std::string text = wrongs ? std::to_string(wrongs) + all + " disagree" + (wrongs == 1 ? "s" : "") +
                                  " with the reference (" + wrong + ")" : "";
  if (failures)
    text += (text.empty() ? "" : ", ") + std::to_string(failures) + (wrongs ? "" : all) + " could not be compared (" +
            failed + ")";
  return text;
}

void parity(const ParityOptions& options) {
  const std::vector<std::filesystem::path> cases = find_golden_cases(options.golden, options.only);
  OpenModel open(options.common);
  Glm4vForConditionalGeneration model(open.checkpoint, open.config, open.run, open.dtype);
  Parity parity(model, open.directory);
  OrderedJson json = {{"dtype", name_of(open.dtype)}, {"device", open.run.device().name}, {"holds", true},
                      {"cases", OrderedJson::array()}};
  std::vector<Outcome> outcomes;
  size_t agree = 0;
  for (const std::filesystem::path& path : cases) {
    const Outcome& outcome = outcomes.emplace_back(compare(parity, path));
    agree += outcome.holds();
    if (options.common.json) json["cases"].push_back(json_of(outcome));
    else print(outcome, options.quiet);
  }
  json["holds"] = agree == cases.size();
  if (options.common.json) std::fputs(json_text(json).c_str(), stdout);
  else std::printf("%zu of %zu cases agree in %s on %s\n", agree, cases.size(), name_of(open.dtype),
                   open.run.device().name);
  open.check_rules_used();
  GLIMPSE_CHECK(agree == cases.size(), "%s", summary(outcomes).c_str());
}

}  // namespace

void add_parity(CLI::App& app) {
  auto options = std::make_shared<ParityOptions>();
  CLI::App* command = app.add_subcommand("parity", "compare every layer with the tensors that the reference computed");
  add_model_options(*command, options->common);
  command->add_option("--golden", options->golden, "a golden case, or a directory of them")
      ->required()
      ->type_name("DIR");
  command->add_option("--case", options->only, "only the case of this name")->type_name("NAME");
  command->add_flag("--quiet", options->quiet, "print only what diverges");
  command->add_flag("--json", options->common.json, "print one JSON object");
  command->footer(
      "Bounds: integers, pixels and texts are equal; an f32 tensor is within 2e-5 (relative, Frobenius norm); a bf16\n"
      "tensor is at most twice as far from the reference's f32 tensor as the reference's own bf16 tensor. ulp: the\n"
      "largest error in last places of the dtype at the tensor's largest value. Exit status 1 where any diverges.\n"
      "Examples:\n"
      "  glimpse parity -m tests/data/nano --golden tests/data/golden/cases\n"
      "  glimpse parity -m DIR --golden DIR --case scene --dtype bf16\n"
      "  glimpse parity -m DIR --golden DIR --plugin ./mine.so --kernel attention.text=mine");
  command->callback([options] { parity(*options); });
}

}  // namespace glimpse::cli
