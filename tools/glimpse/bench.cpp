// glimpse bench: runs bench_ops for chosen ops and prints its figures as a table, each as soon as it is there.
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

// What was asked for: the benchmark names' pattern, how many there will be, and their longest names.
struct Selection {
  std::string pattern;
  int64_t count = 0;
  size_t kernel_width = 6, shape_width = 5;  // of "kernel" and "shape", at least
};

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (std::string(".^$|()[]{}*+?\\").find(c) != std::string::npos) out += '\\';
    out += c;
  }
  return out;
}

void add_shapes(const OpBase& op, const std::string& variant, const std::string& part, Selection& selection) {
  for (const AnyCase& c : op.cases(0)) {
    if (!c.bench || c.label.find(part) == std::string::npos) continue;
    ++selection.count;
    selection.kernel_width = std::max(selection.kernel_width, std::string(op.name()).size() + 1 + variant.size());
    selection.shape_width = std::max(selection.shape_width, c.label.size());
  }
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
    if (!absent && (variant.empty() || info.name == variant)) add_shapes(op, info.name, shape, selection);
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

// The objects inside the one object that bench_ops prints, as they arrive: the machine, then its figures.
class ObjectReader {
 public:
  template <class F> void push(const std::string& piece, F found) {
    for (const char c : piece) {
      if (depth_ >= 2 || c == '{') object_ += c;
      if (quoted_) {
        quoted_ = escaped_ || c != '"';
        escaped_ = !escaped_ && c == '\\';
        continue;
      }
      quoted_ = c == '"';
      if (c == '{' && ++depth_ == 1) object_.clear();
      if (c != '}' || --depth_ != 1) continue;
      found(parse_json(object_, "the output of bench_ops"));
      object_.clear();
    }
  }

 private:
  std::string object_;
  int depth_ = 0;
  bool quoted_ = false, escaped_ = false;
};

OrderedJson machine_of(const Json& context) {
  OrderedJson machine;
  for (const char* key : {"machine", "isa", "threads", "mode"}) machine[key] = context.at(key);
  return machine;
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
      {"us", "real_time"}, {"best_us", "best_us"}, {"gb_per_s", "GB/s"}, {"read_gb_per_s", "read_GB/s"},
      {"percent_read", "%read"}, {"gflop_per_s", "GFLOP/s"}, {"sgemm_gflop_per_s", "sgemm_GFLOP/s"},
      {"percent_sgemm", "%sgemm"}};
  for (const auto& [to, from] : fields) r[to] = b.at(from);
  return r;
}

// The report on the terminal, line by line.
class Report {
 public:
  explicit Report(const Selection& selection) : selection_(selection), skipped_("lll") {}

  void begin(const OrderedJson& machine) const {
    const auto text = [&](const char* key) { return machine[key].get<std::string>(); };
    std::printf("%s, %s, %s threads, %s\n\n", text("machine").c_str(), text("isa").c_str(), text("threads").c_str(),
                text("mode").c_str());
    line("kernel", "shape", {"us", "best us", "GB/s", "of reads", "%", "GFLOP/s", "of sgemm", "%"});
  }
  void add(const OrderedJson& r) {
    const std::string kernel = r["op"].get<std::string>() + "." + r["variant"].get<std::string>(), shape = r["shape"];
    if (r.contains("error")) return skipped_.row({kernel, shape, r["error"].get<std::string>()});
    const auto number = [&](const char* key, int digits) { return fixed(r[key].get<double>(), digits); };
    line(kernel, shape, {number("us", 1), number("best_us", 1), number("gb_per_s", 2), number("read_gb_per_s", 2),
                         number("percent_read", 1), number("gflop_per_s", 2), number("sgemm_gflop_per_s", 2),
                         number("percent_sgemm", 1)});
  }
  void end() const {
    if (const std::string rest = skipped_.text(2); !rest.empty()) std::printf("\nnot measured\n%s", rest.c_str());
  }

 private:
  void line(const std::string& kernel, const std::string& shape, const std::vector<std::string>& numbers) const {
    constexpr int kWidths[] = {11, 11, 9, 9, 7, 9, 9, 7};
    std::printf("%-*s  %-*s", int(selection_.kernel_width), kernel.c_str(), int(selection_.shape_width), shape.c_str());
    for (size_t i = 0; i < numbers.size(); ++i) std::printf("%*s", kWidths[i], numbers[i].c_str());
    std::printf("\n");
    std::fflush(stdout);
  }
  const Selection& selection_;
  Table skipped_;
};

void bench(const BenchOptions& options) {
  const Selection selection = select(options);
  std::vector<std::string> arguments = {"--benchmark_format=json", "--benchmark_filter=" + selection.pattern,
                                        "--benchmark_min_time=" + fixed(options.seconds, 3)};
  if (options.hot) arguments.push_back("--hot");
  if (options.common.threads) arguments.push_back("--threads=" + std::to_string(options.common.threads));
  for (const std::string& plugin : options.common.plugins) arguments.push_back("--plugin=" + plugin);
  OrderedJson json = {{"machine", nullptr}, {"results", OrderedJson::array()}};
  const bool text = !options.common.json;
  Report report(selection);
  Progress progress;
  ObjectReader reader;
  const auto arrived = [&](const Json& object) {
    progress.clear();
    if (json["machine"].is_null()) {
      json["machine"] = machine_of(object);
      if (text) report.begin(json["machine"]);
    } else {
      json["results"].push_back(result_of(object));
      if (text) report.add(json["results"].back());
    }
    progress.show("measured", int64_t(json["results"].size()), selection.count, "rows");
  };
  const auto read = [&](const std::string& piece) { reader.push(piece, arrived); };
  const int status = run_sibling("bench_ops", arguments, read);
  progress.clear();
  GLIMPSE_CHECK(status == 0, "bench_ops ended with status %d", status);
  if (text) report.end();
  else std::fputs(json_text(json).c_str(), stdout);
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
                  "A percentage is of what this machine did within seconds of the figure, which stands before it:\n"
                  "memory reads, and f32 matrix products (sgemm). A figure beyond the machine's limits is refused,\n"
                  "not printed. A row takes about a second, and is printed when it is there.");
  command->callback([options] { bench(*options); });
}

}  // namespace glimpse::cli
