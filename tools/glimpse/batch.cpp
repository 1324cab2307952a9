// glimpse batch: one question a line in, one record a line out.
#include <cstdio>
#include <fstream>
#include <iostream>
#include <memory>

#include "batch_lines.h"
#include "commands.h"
#include "generation_flags.h"
#include "model/output_parser.h"
#include "model_options.h"
#include "progress.h"
#include "run_stats.h"
#include "usage.h"

namespace glimpse::cli {

namespace {

constexpr int kLinesFailed = 3;  // the status where the run itself went well
constexpr int64_t kDefaultNewTokens = 1024, kDefaultContext = 8192;

struct BatchFlags {
  ModelOptions common;
  GenerationFlags generation;
  std::string input, output, shard = "0/1";
  int size = 8;
  int64_t context = kDefaultContext;
  double fps = 0;
  bool ids = false, stats = false;
};

// A line on its way: what it asks, or what is wrong with it.
struct Item {
  BatchLine line;
  ProcessorOutput input;
  std::string error;
  GeneratedSequence answer;
};

class Batch {
 public:
  Batch(const BatchFlags& flags)
      : flags_(flags), open_(flags.common),
        options_(generate_options(flags.generation, open_.generation, open_.processor.tokenizer(), kDefaultNewTokens)),
        context_(checked_context()),
        model_(open_.checkpoint, open_.config, open_.run, open_.dtype, show_loading),
        generator_(model_, flags.size, context_) {
    options_.same_draws = true;
    ProcessorOptions& p = open_.processor.options();
    p.image.want_pixel_values = p.video.want_pixel_values = false;
    if (flags.fps > 0) p.video.fps = flags.fps;
  }

  Item prepare(const std::string& text, int64_t index) {
    Item item{{index, nullptr, {}}, {}, "", {}};
    try {
      item.line = parse_batch_line(text, index);
      const bool go_on = !item.line.chat.empty() && item.line.chat.back().role == "assistant";
      item.input =
          open_.processor({item.line.chat}, {.add_generation_prompt = !go_on, .continue_final_message = go_on});
      const int64_t tokens = int64_t(item.input.prompts[0].ids.size()), limit = options_.new_tokens(tokens);
      model_.layout(item.input.prompts[0]);
      GLIMPSE_CHECK(tokens + limit - 1 <= context_, "prompt (%lld tokens) and answer (up to %lld) do not fit into "
                    "--context %lld", (long long)tokens, (long long)limit, (long long)context_);
    } catch (const std::exception& error) {
      item.error = error.what();
    }
    return item;
  }

  // Answers the items that have no error, side by side; where that fails, one by one, so that one alone bears it.
  void answer(std::vector<Item>& items) {
    std::vector<Item*> asked;
    for (Item& item : items)
      if (item.error.empty()) asked.push_back(&item);
    try {
      answer_together(asked);
    } catch (const std::exception&) {
      for (Item* item : asked) answer_alone(*item);
    }
  }
  std::string record(const Item& item) const {
    OrderedJson json{{"index", item.line.index}};
    if (!item.line.id.is_null()) json["id"] = item.line.id;
    if (!item.error.empty()) {
      json["error"] = item.error;
    } else {
      const std::string text = open_.processor.tokenizer().decode(item.answer.ids, true);
      json["text"] = text;
      json["answer"] = parse_output(text).answer;
      json["finish_reason"] = name_of(item.answer.finish);
      json["prompt_tokens"] = item.input.prompts[0].ids.size();
      json["new_tokens"] = item.answer.ids.size();
      if (flags_.ids) json["token_ids"] = item.answer.ids;
    }
    return json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace) + "\n";
  }

  void finish() {
    if (total_.sequences > 0) open_.check_rules_used();
    if (flags_.stats)
      std::fprintf(stderr, "generation   %s\n%s", generation_text(options_.config).c_str(),
                   stats_text(run_stats(total_, model_, false)).c_str());
  }

 private:
  void answer_alone(Item& item) {
    try {
      answer_together({&item});
    } catch (const std::exception& error) {
      item.error = error.what();
    }
  }

  void answer_together(const std::vector<Item*>& asked) {
    if (asked.empty()) return;
    std::vector<Prompt> prompts;
    for (const Item* item : asked) prompts.push_back(item->input.prompts[0]);
    GenerateOutput out = generator_.generate(prompts, options_);
    for (size_t i = 0; i < asked.size(); ++i) asked[i]->answer = std::move(out.sequences[i]);
    total_ += out.stats;
  }

  // Tokens of a line, for which there is memory.
  int64_t checked_context() const {
    const int64_t context = std::min(flags_.context, open_.config.text.max_position_embeddings);
    open_.plan(text_prompt(context), flags_.size, context, options_);
    return context;
  }

  const BatchFlags& flags_;
  OpenModel open_;
  GenerateOptions options_;
  int64_t context_;
  Glm4vForConditionalGeneration model_;
  Generator generator_;
  GenerateStats total_;
};

// Reads lines of this shard that are still to be answered.
class Lines {
 public:
  Lines(const BatchFlags& flags, const Shard& shard, int64_t done) : shard_(shard), done_(done) {
    if (flags.input == "-") return;
    file_.open(flags.input, std::ios::binary);
    GLIMPSE_CHECK(file_, "%s: cannot be read; check the path and its permissions", flags.input.c_str());
    GLIMPSE_CHECK(!std::filesystem::is_directory(flags.input), "%s: is a directory; give the file of questions in it",
                  flags.input.c_str());
    if (!std::filesystem::is_regular_file(flags.input)) return;  // a pipe is read once
    for (std::string line; read_line(file_, line);) ++total_;
    file_.clear(), file_.seekg(0);
  }
  bool next(std::string& text, int64_t& index) {
    std::istream& in = file_.is_open() ? static_cast<std::istream&>(file_) : std::cin;
    while (read_line(in, text)) {
      index = next_++;
      if (index <= done_ || !shard_.has(index) || text.find_first_not_of(" \t\r") == text.npos) continue;
      return true;
    }
    return false;
  }
  int64_t total() const { return total_; }

 private:
  Shard shard_;
  int64_t done_, next_ = 0, total_ = 0;
  std::ifstream file_;
};

// An interrupt ends the program at once: records are written whole, and a cut one is asked again.
void batch(const BatchFlags& flags, int& status) {
  namespace fs = std::filesystem;
  std::error_code absent;
  GLIMPSE_CHECK(flags.output.empty() || !fs::equivalent(flags.input, flags.output, absent),
                "%s: is the file of questions too; choose another --output", flags.output.c_str());
  const Shard shard = parse_shard(flags.shard);
  const Finished before = flags.output.empty() ? Finished{} : finished(flags.output, shard);
  Lines lines(flags, shard, before.last);
  std::FILE* out = flags.output.empty() ? stdout : std::fopen(flags.output.c_str(), "ab");
  GLIMPSE_CHECK(out, "%s: cannot be written; give a file in a directory that you may write to", flags.output.c_str());
  Batch batch(flags);
  if (!flags.output.empty() && fs::is_regular_file(flags.output)) fs::resize_file(flags.output, before.bytes);
  Progress progress;
  int64_t failed = before.failed, answered = before.records - before.failed, index = 0;
  std::string text;
  for (bool more = true; more;) {
    std::vector<Item> items;
    while (int(items.size()) < flags.size && (more = lines.next(text, index)))
      items.push_back(batch.prepare(text, index));
    if (items.empty()) break;
    batch.answer(items);
    for (const Item& item : items) {
      const std::string record = batch.record(item);
      GLIMPSE_CHECK(std::fwrite(record.data(), 1, record.size(), out) == record.size() && std::fflush(out) == 0,
                    "%s: cannot be written; is the disk full?",
                    flags.output.empty() ? "output" : flags.output.c_str());
      ++(item.error.empty() ? answered : failed);
    }
    progress.show("batch", index + 1, lines.total(), "lines");
  }
  if (out != stdout) std::fclose(out);
  progress.clear();
  batch.finish();
  if (failed == 0) return;
  const std::string earlier =
      before.failed > 0 ? ", " + std::to_string(before.failed) + " of them in an earlier run" : "";
  std::fprintf(stderr, "glimpse: %lld of %lld lines could not be answered%s; their records say why\n",
               (long long)failed, (long long)(failed + answered), earlier.c_str());
  status = kLinesFailed;
}

constexpr const char* kExamples = R"(A line:   {"id": 7, "image": "cat.jpg", "prompt": "What is this?"}
or:       {"id": 8, "messages": [{"role": "user", "content": [{"type": "image", "url": "cat.jpg"}, ...]}]}
A record: {"index": 0, "id": 7, "text": "...", "answer": "...", "finish_reason": "stop", ...}, or with "error".
Examples:
  glimpse batch -m DIR questions.jsonl > answers.jsonl
  glimpse batch -m DIR questions.jsonl -o answers.jsonl            run it again to go on where it was stopped
  glimpse batch -m DIR questions.jsonl -o part3.jsonl --shard 3/8  lines 3, 11, 19, ... on this machine
Records come in the order of the lines, each with the answer that its line gets alone. An answer ends after 1024 tokens
unless -n says otherwise (run: 8192). The status is 3 where a line failed, in this run or in one before that -o goes on
with (1 where the run itself did); lines that failed are not asked again.)";

}  // namespace

void add_batch(CLI::App& app, int& status) {
  auto flags = std::make_shared<BatchFlags>();
  CLI::App* command = app.add_subcommand("batch", "answer a file of questions, one JSON object a line");
  add_model_options(*command, flags->common);
  command->add_option("input", flags->input, "file of questions, or - for standard input")
      ->required()
      ->type_name("FILE");
  command->add_option("-o,--output", flags->output, "append records here; lines that have one are not asked again")
      ->type_name("FILE");
  command->add_option("--batch-size", flags->size, "lines answered side by side (default 8)")
      ->check(whole_within(1, 1024))->type_name("N");
  command->add_option("--context", flags->context, "tokens of one line, prompt and answer (default 8192)")
      ->check(whole_within(64, int64_t{1} << 30))->type_name("N");
  command->add_option("--shard", flags->shard, "only the lines I, I+N, I+2N, ... counted from 0")->type_name("I/N");
  command->add_option("--fps", flags->fps, "frames of a video to look at, per second")
      ->check(number_within(1e-3, 1e3))->type_name("F");
  command->add_flag("--ids", flags->ids, "token ids in the records");
  command->add_flag("--stats", flags->stats, "times and rates over all lines, on standard error");
  add_generation_flags(*command, flags->generation);
  command->footer(kExamples);
  command->callback([flags, &status] { batch(*flags, status); });
}

}  // namespace glimpse::cli
