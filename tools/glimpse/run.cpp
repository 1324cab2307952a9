// glimpse run: pictures, videos and texts in, one answer out.
#include <cstdio>
#include <memory>

#include "chat_file.h"
#include "commands.h"
#include "generation_flags.h"
#include "interrupt.h"
#include "model/clock.h"
#include "model/generate.h"
#include "model/output_parser.h"
#include "model/processor.h"
#include "model_options.h"
#include "printer.h"
#include "profile_flags.h"
#include "progress.h"
#include "run_stats.h"
#include "usage.h"

namespace glimpse::cli {

namespace {

constexpr int64_t kDefaultNewTokens = 8192;  // a thought and an answer, as the makers' program allows

struct RunOptions {
  ModelOptions common;
  GenerationFlags generation;
  std::vector<std::string> images, videos, prompts;
  std::string system, messages;
  double fps = 0;
  bool stats = false, fast = false;
  ShownFlags shown;
  ProfileFlags profile;
};

// The media and texts of the command line, in the order given.
Chat chat_of(const RunOptions& o, const CLI::App& command) {
  if (!o.messages.empty()) {
    GLIMPSE_CHECK(o.images.empty() && o.videos.empty() && o.prompts.empty() && o.system.empty(),
                  "--messages holds the whole chat; leave out --image, --video, --prompt and --system");
    return read_chat(o.messages);
  }
  GLIMPSE_CHECK(!o.prompts.empty(), "nothing to answer; ask with -p \"What is in this picture?\"");
  for (const std::string& prompt : o.prompts)
    GLIMPSE_CHECK(!prompt.empty(), "--prompt is empty; ask with -p \"What is in this picture?\"");
  std::vector<ContentItem> items;
  size_t image = 0, video = 0, prompt = 0;
  for (const CLI::Option* option : command.parse_order()) {
    if (option->check_lname("image")) items.push_back(ContentItem::image(o.images.at(image++)));
    if (option->check_lname("video")) items.push_back(ContentItem::video(o.videos.at(video++)));
    if (option->check_lname("prompt")) items.push_back(ContentItem::text(o.prompts.at(prompt++)));
  }
  Chat chat;
  if (!o.system.empty()) chat.push_back(Message::of("system", o.system));
  chat.push_back(Message::of("user", items));
  return chat;
}

nlohmann::ordered_json result_json(const GeneratedSequence& sequence, const std::string& text, const RunOptions& o,
                                   const OpenModel& open, const GenerateOptions& options, const RunStats& stats) {
  const ParsedOutput parsed = parse_output(text);
  return {{"text", text},
          {"thinking", parsed.thinking},
          {"answer", parsed.answer},
          {"boxes", parsed.boxes},
          {"token_ids", sequence.ids},
          {"finish_reason", name_of(sequence.finish)},
          {"model", o.common.model},
          {"device", open.backend.info().name},
          {"dtype", name_of(open.dtype)},
          {"generation", generation_json(options)},
          {"stats", stats_json(stats)}};
}

void check_fps(const RunOptions& o, const Chat& chat) {
  GLIMPSE_CHECK(o.fps == 0 || !media_of(chat, ContentKind::video).empty(),
                "--fps is of videos, and there is none; add --video FILE or leave it out");
}

ProcessorOutput prepare(const RunOptions& o, OpenModel& open, const Chat& chat) {
  ProcessorOptions& p = open.processor.options();
  p.fast = o.fast;
  p.image.want_pixel_values = p.video.want_pixel_values = false;
  if (o.fps > 0) p.video.fps = o.fps;
  const bool go_on = !chat.empty() && chat.back().role == "assistant";
  return open.processor({chat}, {.add_generation_prompt = !go_on, .continue_final_message = go_on});
}

void run(const RunOptions& o, const CLI::App& command, int& status) {
  const double start = host_seconds();
  const Chat chat = chat_of(o, command);
  check_fps(o, chat);
  end_at_interrupts();
  OpenModel open(o.common);
  const double opened = host_seconds();
  const ProcessorOutput input = prepare(o, open, chat);
  const int64_t tokens = int64_t(input.prompts[0].ids.size()), context = open.config.text.max_position_embeddings;
  GenerateOptions options = generate_options(o.generation, open.generation, open.processor.tokenizer(),
                                             std::max<int64_t>(std::min(kDefaultNewTokens, context - tokens), 1));
  options.reuse_prefix = false;
  const int64_t capacity = tokens + options.new_tokens(tokens);
  const MemoryPlan plan = open.plan(input.prompts[0], 1, capacity, options);
  GLIMPSE_CHECK(plan.unused_rule.empty(), "%s", plan.unused_rule.c_str());
  const double prepared = host_seconds();
  Glm4vForConditionalGeneration model(open.checkpoint, open.config, open.run, open.dtype, show_loading);
  model.arena().reserve(plan.buffers);
  Generator generator(model, 1, capacity);
  const double loaded = host_seconds();
  ProfileReport profile(o.profile, open.run, start);
  profile.add_phase("open", start, opened);
  profile.add_phase("prepare", opened, prepared);
  profile.add_phase("load", prepared, loaded);
  Progress progress;
  Printer printer(open.processor.tokenizer(), o.common.json ? Shown::nothing : o.shown.shown(), progress);
  GenerateEvents events;
  events.prefill = [&](int64_t done, int64_t total) { progress.show("prefill", done, total, "tokens"); };
  events.token = [&](size_t, int32_t id) {
    catch_interrupts();  // until now there was nothing to print
    printer.push(id);
    return !interrupted();
  };
  const GenerateOutput out = generator.generate(input.prompts, options, events);
  printer.finish();
  profile.finish();
  const double end = host_seconds();
  RunStats stats = run_stats(out.stats, model, o.stats);
  stats.load_seconds = opened - start + loaded - prepared, stats.prepare_seconds = prepared - opened;
  stats.total_seconds = end - start;
  if (o.common.json) {
    OrderedJson json = result_json(out.sequences[0], printer.text(), o, open, options, stats);
    if (o.profile.table) json["profile"] = profile.json();
    std::fputs(json_text(json).c_str(), stdout);
  }
  if (o.stats && !o.common.json)
    std::fprintf(stderr, "generation   %s\n%s", generation_text(options.config).c_str(), stats_text(stats).c_str());
  profile.write(!o.common.json);
  if (out.sequences[0].finish == Finish::cancelled) status = kInterruptedStatus;
}

constexpr const char* kExamples = R"(Examples:
  glimpse run -m DIR --image cat.jpg -p "What is the cat doing?"
  glimpse run -m DIR -p "Compare" --image a.png -p "with" --image b.png --temperature 0
  glimpse run -m zai-org/GLM-4.1V-9B-Thinking --image https://example.org/chart.png -p "Which year is highest?" --answer
  glimpse run -m DIR --video clip.mp4 --fps 2 -p "Describe this video" --stats
  cat photo.jpg | glimpse run -m DIR --image - -p "Describe this picture" --json
  glimpse run -m DIR --image a.png -p "Hi" --kernel attention.text=scalar --plugin ./libmine.so
Texts and media reach the model in the order given: put a picture before the question about it, as the model learnt it.
What is not set comes from the model's generation_config.json.)";

}  // namespace

void add_run(CLI::App& app, int& status) {
  auto options = std::make_shared<RunOptions>();
  CLI::App* command = app.add_subcommand("run", "answer a question about pictures and videos");
  add_model_options(*command, options->common);
  const auto many = [&](const char* flags, std::vector<std::string>& into, const char* help, const char* type) {
    repeatable(command->add_option(flags, into, help))->type_name(type);
  };
  many("-i,--image", options->images, "picture: file, http(s) URL, data: URI, or - for standard input (repeatable)",
       "FILE");
  many("--video", options->videos, "video: file, http(s) URL or - (repeatable)", "FILE");
  many("-p,--prompt", options->prompts, "question or text (repeatable)", "TEXT");
  command->add_option("--system", options->system, "system message")->type_name("TEXT");
  command->add_option("--messages", options->messages, "whole chat from a JSON file of {role, content} objects")
      ->type_name("FILE");
  command->add_option("--fps", options->fps, "frames of a video to look at, per second (default: the model's file)")
      ->check(number_within(1e-3, 1e3))->type_name("F");
  command->add_flag("--fast-processor", options->fast, "resize pictures as torchvision does, not as Pillow");
  add_shown_flags(*command, options->shown);
  command->add_flag("--stats", options->stats, "times, rates and memory on standard error");
  command->add_flag("--json", options->common.json, "one JSON object with text, ids, finish reason and statistics")
      ->excludes("--answer")->excludes("--show-thinking");
  add_generation_flags(*command, options->generation);
  add_profile_flags(*command, options->profile);
  command->footer(kExamples);
  command->callback([options, command, &status] { run(*options, *command, status); });
}

}  // namespace glimpse::cli
