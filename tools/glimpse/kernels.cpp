// glimpse kernels: every op, its variants, what each needs, why it does not run here, what auto picks.
#include <algorithm>
#include <cstdio>
#include <memory>

#include "commands.h"
#include "device_text.h"
#include "glimpse/core/backend.h"
#include "model_options.h"
#include "survey.h"
#include "table.h"
#include "usage.h"

namespace glimpse::cli {

namespace {

struct KernelsOptions {
  ModelOptions common;
  std::vector<std::string> ops;
};

// The path from the source tree's root on, for files of it.
std::string source_file(const std::string& file) {
  const size_t at = file.rfind("/kernels/");
  return at == file.npos ? file : file.substr(at + 1);
}

std::string needs(const VariantInfo& v) {
  if (v.device == Device::any) return "other ops";
  if (v.device == Device::cpu) return isa_text(v.isa);
  return v.arch.exact ? "sm_" + std::to_string(v.arch.exact) + " only" : "sm_" + std::to_string(v.arch.min) + " and up";
}

std::string rank(const VariantInfo& v) {
  if (v.priority < 0 || !v.deterministic) return v.deterministic ? "by name only" : "by name only, not deterministic";
  return "priority " + std::to_string(v.priority);
}

// "" where it takes every shape, else why it does not run, or how many shapes it takes.
std::string limits(const OpSurvey& s, size_t v) {
  if (!s.absent[v].empty()) return "not here: " + s.absent[v];
  size_t taken = 0;
  const ShapeSurvey* refused = nullptr;
  for (const ShapeSurvey& shape : s.shapes) {
    if (shape.rejected[v].empty()) ++taken;
    else if (!refused) refused = &shape;
  }
  if (!refused) return "";
  return "takes " + std::to_string(taken) + " of " + std::to_string(s.shapes.size()) + " bench shapes, not " +
         refused->label + ": " + refused->rejected[v];
}

std::string pick(const OpSurvey& s, const ShapeSurvey& shape) {
  return shape.picked < 0 ? "none (" + shape.none + ")" : s.op->variants()[size_t(shape.picked)].name;
}

void print_op(const OpSurvey& s, bool every_shape) {
  Table table("llllll");
  for (size_t v = 0; v < s.op->variants().size(); ++v) {
    const VariantInfo& info = s.op->variants()[v];
    table.row({info.name, name_of(info.device), needs(info), rank(info), source_file(info.file), limits(s, v)});
  }
  std::printf("%s\n%s", s.op->name(), table.text(2).c_str());
  Table picks("ll");
  for (const ShapeSurvey& shape : s.shapes)
    if (every_shape || &shape == &s.shapes.front() || &shape == &s.shapes.back())
      picks.row({"auto at " + shape.label, pick(s, shape)});
  std::printf("%s\n", picks.text(2).c_str());
}

OrderedJson variant_json(const OpSurvey& s, size_t v) {
  const VariantInfo& info = s.op->variants()[v];
  OrderedJson json = {{"name", info.name},         {"device", name_of(info.device)}, {"needs", needs(info)},
                      {"priority", info.priority}, {"deterministic", info.deterministic},
                      {"file", source_file(info.file)}, {"runs_here", s.absent[v].empty()}};
  if (!s.absent[v].empty()) json["reason"] = s.absent[v];
  return json;
}

OrderedJson op_json(const OpSurvey& s) {
  OrderedJson json = {{"name", s.op->name()}, {"variants", OrderedJson::array()}, {"shapes", OrderedJson::array()}};
  for (size_t v = 0; v < s.op->variants().size(); ++v) json["variants"].push_back(variant_json(s, v));
  for (const ShapeSurvey& shape : s.shapes) {
    OrderedJson one = {{"label", shape.label}, {"flops", shape.cost.flops}, {"bytes", shape.cost.bytes},
                       {"auto", nullptr}, {"rejected", OrderedJson::object()}};
    if (shape.picked >= 0) one["auto"] = s.op->variants()[size_t(shape.picked)].name;
    for (size_t v = 0; v < shape.rejected.size(); ++v)
      if (!shape.rejected[v].empty()) one["rejected"][s.op->variants()[v].name] = shape.rejected[v];
    json["shapes"].push_back(one);
  }
  return json;
}

// Loads the CUDA variants for the list even where they cannot run; returns why there is no CUDA device, if so.
std::string cuda_missing() {
  try {
    cuda_backend();
    return "";
  } catch (const Error& e) {
    return e.what();
  }
}

void kernels(const KernelsOptions& options) {
  const DeviceInfo& device = open_backend(options.common).info();
  const std::string missing = cuda_missing();
  std::vector<const OpBase*> chosen;
  for (const std::string& name : options.ops) chosen.push_back(&find_op(name));
  if (chosen.empty()) chosen.assign(ops().begin(), ops().end());
  OrderedJson json = {{"device", device_json(device)}, {"ops", OrderedJson::array()}};
  if (!missing.empty()) json["cuda"] = missing;
  if (!options.common.json) {
    std::printf("on %s\n%s%s\n", device_text(device).c_str(), missing.c_str(), missing.empty() ? "" : "\n");
  }
  for (const OpBase* op : chosen) {
    const OpSurvey s = survey(*op, device);
    if (options.common.json) json["ops"].push_back(op_json(s));
    else print_op(s, !options.ops.empty());
  }
  if (options.common.json) std::fputs(json_text(json).c_str(), stdout);
}

}  // namespace

void add_kernels(CLI::App& app, int&) {
  auto options = std::make_shared<KernelsOptions>();
  CLI::App* command = app.add_subcommand("kernels", "list every op, its kernel variants, and which of them run here");
  command->add_option("op", options->ops, "only these ops, and then every bench shape of theirs")->type_name("OP");
  add_device_options(*command, options->common);
  command->add_flag("--json", options->common.json, "print one JSON object");
  command->footer("Examples:\n"
                  "  glimpse kernels                         all ops, and what auto picks for small and large shapes\n"
                  "  glimpse kernels linear                  every bench shape of one op\n"
                  "  glimpse kernels --plugin ./mine.so      with the variants that a plugin brings\n"
                  "  glimpse kernels --device cuda --json    for a program to read\n"
                  "A variant is used by name with --kernel op[.site][layers]=variant (glimpse run --help).");
  command->callback([options] { kernels(*options); });
}

}  // namespace glimpse::cli
