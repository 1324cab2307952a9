// glimpse chat: a conversation in the terminal, with pictures and videos.
#include <unistd.h>

#include <cstdio>
#include <memory>

#include "chat_session.h"
#include "commands.h"
#include "generation_flags.h"
#include "interrupt.h"
#include "line_reader.h"
#include "printer.h"
#include "run_stats.h"
#include "usage.h"

namespace glimpse::cli {

namespace {

constexpr int64_t kDefaultNewTokens = 8192, kDefaultContext = 32768;

struct ChatFlags {
  ModelOptions common;
  GenerationFlags generation;
  ShownFlags shown;
  std::vector<std::string> images, videos;
  std::string system, load;
  int64_t context = 0;
  double fps = 0;
  bool stats = false;
};

constexpr const char* kHelp = R"(/image FILE   a picture for the next question: file, http(s) URL or data: URI
/video FILE   a video for the next question
/clear        forget the conversation
/save FILE    write the conversation as JSON messages (glimpse run --messages reads them)
/load FILE    go on with a saved conversation
/stats        times and rates after each answer, on or off
/help         this list
/quit         end; Ctrl-D too. Ctrl-C stops an answer.
)";

class Conversation {
 public:
  Conversation(const ChatFlags& flags, OpenModel& open, Glm4vForConditionalGeneration& model, ChatSession& session)
      : open_(open), model_(model), session_(session), shown_(flags.shown.shown()), stats_(flags.stats) {
    open_.run.add_observer(&check_);
  }
  ~Conversation() { open_.run.remove_observer(&check_); }

  // False: the end was asked for.
  bool line(const std::string& text) {
    if (text.empty()) return true;
    if (text == "/quit" || text == "/exit") return false;
    try {
      if (text[0] == '/') command(text);
      else ask(text);
    } catch (const Interrupted&) {
      std::fputs("(stopped)\n", stderr);
    } catch (const std::exception& error) {
      std::fprintf(stderr, "glimpse: %s\n", plain_line(error.what()).c_str());
      failed_ = true;
    }
    return true;
  }
  bool failed() const { return failed_; }

 private:
  void command(const std::string& text) {
    const size_t space = text.find(' ');
    const std::string name = text.substr(0, space);
    const size_t from = space == text.npos ? text.npos : text.find_first_not_of(' ', space);
    const std::string argument = from == text.npos ? "" : text.substr(from, text.find_last_not_of(" \t") + 1 - from);
    const bool takes_file = name == "/image" || name == "/video" || name == "/save" || name == "/load";
    GLIMPSE_CHECK(!takes_file || !argument.empty(), "%s needs a file, for example: %s %s", name.c_str(), name.c_str(),
                  name == "/image" ? "cat.jpg" : name == "/video" ? "clip.mp4" : "talk.json");
    if (name == "/image") session_.attach_image(argument);
    else if (name == "/video") session_.attach_video(argument);
    else if (name == "/clear") session_.clear();
    else if (name == "/save") session_.save(argument);
    else if (name == "/load") session_.load(argument);
    else if (name == "/stats") stats_ = !stats_;
    else if (name == "/help") std::fputs(kHelp, stdout);
    else GLIMPSE_FAIL("there is no %s; /help lists what there is", name.c_str());
  }

  void ask(const std::string& text) {
    clear_interrupt();
    check_.on = true;
    Progress progress;
    Printer printer(open_.processor.tokenizer(), shown_, progress);
    GenerateEvents events;
    events.prefill = [&](int64_t done, int64_t total) { progress.show("reading", done, total, "tokens"); };
    events.token = [&](size_t, int32_t id) {
      check_.on = false;
      printer.push(id);
      return !interrupted();
    };
    session_.ask(text, events);
    printer.finish();
    clear_interrupt();
    if (stats_) std::fputs(stats_text(run_stats(session_.stats(), model_, false)).c_str(), stderr);
  }

  OpenModel& open_;
  Glm4vForConditionalGeneration& model_;
  ChatSession& session_;
  Shown shown_;
  InterruptCheck check_;
  bool stats_, failed_ = false;
};

void chat(const ChatFlags& flags, int& status) {
  OpenModel open(flags.common);
  ProcessorOptions& p = open.processor.options();
  p.image.want_pixel_values = p.video.want_pixel_values = false;
  if (flags.fps > 0) p.video.fps = flags.fps;
  const int64_t most = open.config.text.max_position_embeddings;
  const int64_t context = std::min(flags.context ? flags.context : kDefaultContext, most);
  const GenerateOptions options =
      generate_options(flags.generation, open.generation, open.processor.tokenizer(), kDefaultNewTokens);
  open.plan(text_prompt(context), 1, context, options);
  Glm4vForConditionalGeneration model(open.checkpoint, open.config, open.run, open.dtype, show_loading);
  ChatSession session(open, model, options, context, flags.system);
  if (!flags.load.empty()) session.load(flags.load);
  for (const std::string& image : flags.images) session.attach_image(image);
  for (const std::string& video : flags.videos) session.attach_video(video);
  LineReader reader(history_path());
  Conversation conversation(flags, open, model, session);
  if (reader.interactive()) std::printf("/help lists the commands; /image FILE shows the model a picture.\n");
  while (const auto line = reader.read("> "))
    if (!conversation.line(*line)) break;
  open.check_rules_used();
  // A person saw the sentences; a script that piped its lines in looks at the status.
  if (conversation.failed() && !reader.interactive()) status = 1;
}

constexpr const char* kExamples = R"(Examples:
  glimpse chat -m DIR
  glimpse chat -m zai-org/GLM-4.1V-9B-Thinking --image plan.png --system "Answer in one sentence."
  printf 'What is in this picture?\nWhat colour is it?\n' | glimpse chat -m DIR --image cat.jpg
Inside: /image FILE, /video FILE, /clear, /save FILE, /load FILE, /stats, /help, /quit. Of earlier answers the model
sees what stood behind its thoughts, as in the makers' own programs.)";

}  // namespace

void add_chat(CLI::App& app, int& status) {
  auto flags = std::make_shared<ChatFlags>();
  CLI::App* command = app.add_subcommand("chat", "talk about pictures and videos, turn by turn");
  add_model_options(*command, flags->common);
  repeatable(command->add_option("-i,--image", flags->images, "picture for the first question (repeatable)"))
      ->type_name("FILE");
  repeatable(command->add_option("--video", flags->videos, "video for the first question (repeatable)"))
      ->type_name("FILE");
  command->add_option("--fps", flags->fps, "frames of a video to look at, per second (default: the model's file)")
      ->check(number_within(1e-3, 1e3))->type_name("F");
  command->add_option("--system", flags->system, "system message")->type_name("TEXT");
  command->add_option("--load", flags->load, "go on with a conversation that /save wrote")->type_name("FILE");
  command->add_option("--context", flags->context, "tokens of the whole conversation (default 32768)")
      ->check(whole_within(64, int64_t{1} << 30))->type_name("N");
  add_shown_flags(*command, flags->shown);
  command->add_flag("--stats", flags->stats, "times and rates after each answer, on standard error");
  add_generation_flags(*command, flags->generation);
  command->footer(kExamples);
  command->callback([flags, &status] { chat(*flags, status); });
}

}  // namespace glimpse::cli
