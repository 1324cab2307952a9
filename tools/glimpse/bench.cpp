// glimpse bench: runs bench_ops for chosen ops and prints its figures as a table.
#include <algorithm>
#include <cstdio>
#include <memory>

#include "child_process.h"
#include "commands.h"
#include "glimpse/core/backend.h"
#include "glimpse/core/op.h"
#include "model/json.h"
#include "model_options.h"
#include "progress.h"
#include "table.h"
#include "usage.h"

namespace glimpse::cli {

namespace {

struct BenchOptions {
  ModelOptions common;
  std::vector<std::string> ops;  // "linear" or "linear.panel"
  std::string shape;             // part of a shape's label
  double seconds = 0.2;
  bool hot = false;
};

// What was asked for: the benchmark names' pattern, and how many there will be.
struct Selection {
  std::string pattern;
  int64_t count = 0;
};

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (std::string(".^$|()[]{}*+?\\").find(c) != std::string::npos) out += '\\';
    out += c;
  }
  return out;
}

int64_t shapes_of(const OpBase& op, const std::string& part) {
  const auto cases = op.cases(0);
  return std::count_if(cases.begin(), cases.end(),
                       [&](const AnyCase& c) { return c.bench && c.label.find(part) != std::string::npos; });
}

void select(const std::string& name, const std::string& shape, Selection& selection) {
  const size_t dot = name.find('.');
  const OpBase& op = find_op(name.substr(0, dot));
  const std::string variant = dot == name.npos ? "" : name.substr(dot + 1);
  std::string names;
  for (int v = 0; v < int(op.variants().size()); ++v) {
    const VariantInfo& info = op.variants()[size_t(v)];
    names.append(names.empty() ? "" : ", ").append(info.name);
    Reason reason;
    const bool absent = op.rejected(v, nullptr, cpu_backend().info(), reason);
    GLIMPSE_CHECK(!absent || info.name != variant, "%s does not run here: %s", name.c_str(), reason.text);
    if (!absent && (variant.empty() || info.name == variant)) selection.count += shapes_of(op, shape);
  }
  GLIMPSE_CHECK(variant.empty() || op.find(variant) >= 0, "%s has no variant named \"%s\"; there are: %s", op.name(),
                variant.c_str(), names.c_str());
  selection.pattern.append(selection.pattern.empty() ? "^(" : "|").append(escaped(op.name())).append("\\.");
  selection.pattern.append(variant.empty() ? "[^/]*" : escaped(variant));
}

Selection select(const BenchOptions& options) {
  for (const std::string& plugin : options.common.plugins) load_plugin(plugin.c_str());
  std::vector<std::string> chosen = options.ops;
  if (chosen.empty())
    for (const OpBase* op : ops()) chosen.push_back(op->name());
  Selection selection;
  for (const std::string& name : chosen) select(name, options.shape, selection);
  GLIMPSE_CHECK(selection.count > 0, "no bench shape has \"%s\" in its name; `glimpse kernels OP` lists them",
                options.shape.c_str());
  selection.pattern += ")/.*" + escaped(options.shape);
  return selection;
}

Json measure(const BenchOptions& options, const Selection& selection) {
  std::vector<std::string> arguments = {"--benchmark_format=json", "--benchmark_filter=" + selection.pattern,
                                        "--benchmark_min_time=" + fixed(options.seconds, 3)};
  if (options.hot) arguments.push_back("--hot");
  if (options.common.threads) arguments.push_back("--threads=" + std::to_string(options.common.threads));
  for (const std::string& plugin : options.common.plugins) arguments.push_back("--plugin=" + plugin);
  Progress progress;
  std::string output;
  int64_t done = 0;
  const int status = run_sibling("bench_ops", arguments, [&](const std::string& piece) {
    output += piece;
    done += std::count(piece.begin(), piece.end(), '}');
    progress.show("measuring", std::min(done, selection.count), selection.count, "shapes");
  });
  progress.clear();
  GLIMPSE_CHECK(status == 0, "bench_ops ended with status %d", status);
  return parse_json(output, "the output of bench_ops");
}

// One benchmark of bench_ops: "op.variant/label/manual_time".
OrderedJson result_of(const Json& b) {
  const std::string name = b.at("name");
  const size_t dot = name.find('.'), slash = name.find('/');
  OrderedJson r = {{"op", name.substr(0, dot)}, {"variant", name.substr(dot + 1, slash - dot - 1)},
                   {"shape", name.substr(slash + 1, name.rfind('/') - slash - 1)}};
  if (b.contains("error_message")) {
    r["error"] = b["error_message"];
    return r;
  }
  const std::pair<const char*, const char*> fields[] = {
      {"us", "real_time"}, {"best_us", "best_us"}, {"gb_per_s", "GB/s"}, {"percent_read", "%read"},
      {"gflop_per_s", "GFLOP/s"}, {"percent_sgemm", "%sgemm"}};
  for (const auto& [to, from] : fields) r[to] = b.at(from);
  return r;
}

OrderedJson report_of(const Json& output) {
  OrderedJson report = {{"machine", OrderedJson::object()}, {"results", OrderedJson::array()}};
  for (const char* key : {"machine", "isa", "threads", "mode"}) report["machine"][key] = output["context"].at(key);
  const std::pair<const char*, const char*> limits[] = {{"read_gb_per_s", "read_probe_GB/s"},
                                                        {"sgemm_gflop_per_s", "sgemm_GFLOP/s"},
                                                        {"fma_peak_gflop_per_s", "fma_peak_GFLOP/s"}};
  for (const auto& [to, from] : limits)
    report["machine"][to] = std::stod(output["context"].at(from).get<std::string>());
  for (const Json& b : output.at("benchmarks")) report["results"].push_back(result_of(b));
  return report;
}

void print(const OrderedJson& report) {
  const auto text = [](const OrderedJson& v) { return v.get<std::string>(); };
  const auto number = [](const OrderedJson& v, int digits) { return fixed(v.get<double>(), digits); };
  const OrderedJson& m = report["machine"];
  std::printf("%s, %s, %s threads, %s; reads %s GB/s, sgemm %s GFLOP/s, multiply-adds %s GFLOP/s\n\n",
              text(m["machine"]).c_str(), text(m["isa"]).c_str(), text(m["threads"]).c_str(), text(m["mode"]).c_str(),
              number(m["read_gb_per_s"], 1).c_str(), number(m["sgemm_gflop_per_s"], 1).c_str(),
              number(m["fma_peak_gflop_per_s"], 1).c_str());
  Table table("llrrrrrr"), skipped("lll");
  table.row({"kernel", "shape", "us", "best us", "GB/s", "% of reads", "GFLOP/s", "% of sgemm"});
  for (const OrderedJson& r : report["results"]) {
    const std::string kernel = text(r["op"]) + "." + text(r["variant"]);
    if (r.contains("error")) skipped.row({kernel, text(r["shape"]), text(r["error"])});
    else
      table.row({kernel, text(r["shape"]), number(r["us"], 1), number(r["best_us"], 1), number(r["gb_per_s"], 2),
                 number(r["percent_read"], 1), number(r["gflop_per_s"], 2), number(r["percent_sgemm"], 1)});
  }
  std::fputs(table.text().c_str(), stdout);
  if (const std::string rest = skipped.text(2); !rest.empty()) std::printf("\nnot measured\n%s", rest.c_str());
}

void bench(const BenchOptions& options) {
  const OrderedJson report = report_of(measure(options, select(options)));
  if (options.common.json) std::fputs(json_text(report).c_str(), stdout);
  else print(report);
}

}  // namespace

void add_bench(CLI::App& app, int&) {
  auto options = std::make_shared<BenchOptions>();
  CLI::App* command = app.add_subcommand("bench", "measure kernels against what this machine can do");
  command->add_option("op", options->ops, "only these ops, or one variant: linear, linear.panel")->type_name("OP");
  command->add_option("--shape", options->shape, "only shapes with this in their name")->type_name("TEXT");
  command->add_option("--seconds", options->seconds, "time for each kernel and shape, at least")
      ->check(number_within(0.001, 3600.0))
      ->type_name("S");
  command->add_flag("--hot", options->hot, "one set of tensors, in cache where it fits; default: always from memory");
  add_processor_options(*command, options->common);
  command->add_flag("--json", options->common.json, "print one JSON object");
  command->footer("Examples:\n"
                  "  glimpse bench attention                         every variant, every shape of one op\n"
                  "  glimpse bench linear --shape M=1, --seconds 1   decode shapes only, measured longer\n"
                  "  glimpse bench attention.mine --plugin ./mine.so --json\n"
                  "Percentages are of what this machine was measured to do in the same run: memory reads, and f32\n"
                  "matrix products. A figure beyond the machine's limits is refused, not printed.");
  command->callback([options] { bench(*options); });
}

}  // namespace glimpse::cli
