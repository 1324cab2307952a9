#include "run_stats.h"

#include <sys/resource.h>

#include <cstdarg>
#include <cstdio>
#include <span>
#include <vector>

#include "bench/probe.h"

namespace glimpse::cli {

namespace {

double rate(double amount, double seconds) { return seconds > 0 ? amount / seconds : 0; }

// Weights that every decode step reads: all of the text model but the embedding's other rows.
int64_t step_bytes(const TextWeights& w) {
  int64_t bytes = w.norm.bytes() + w.head.bytes();
  for (const TextLayerWeights& l : w.layers) {
    for (const TensorView& t :
         {l.input_norm, l.post_attention_norm, l.pre_mlp_norm, l.post_mlp_norm, l.q_bias, l.k_bias, l.v_bias})
      bytes += t.bytes();
    for (const Weight& m : {l.q, l.k, l.v, l.o, l.gate, l.up, l.down}) bytes += m.bytes();
  }
  return bytes;
}

void line(std::string& text, const char* format, ...) {
  char buffer[256];
  va_list args;
  va_start(args, format);
  std::vsnprintf(buffer, sizeof buffer, format, args);
  va_end(args);
  text += buffer;
}

// What a decode step reads, as it lies in memory.
std::vector<std::span<const char>> step_memory(const TextWeights& w) {
  std::vector<std::span<const char>> parts;
  for (const TextLayerWeights& l : w.layers)
    for (const Weight* m : {&l.q, &l.k, &l.v, &l.o, &l.gate, &l.up, &l.down})
      parts.emplace_back(static_cast<const char*>(m->data.data), size_t(m->data.bytes()));
  return parts;
}

// The first token of each sequence comes from its prefill.
int64_t decoded(const RunStats& s) { return s.generated.new_tokens - s.generated.sequences; }

}  // namespace

RunStats run_stats(const GenerateStats& generated, Glm4vForConditionalGeneration& model, bool measure) {
  RunStats s;
  s.generated = generated;
  const int64_t per_token = model.config().text.kv_bytes_per_token(size_of(model.dtype()));
  s.decode_bytes = generated.decode_steps * step_bytes(model.weights().text) + generated.attended_tokens * per_token;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  s.peak_memory = int64_t(usage.ru_maxrss) * 1024;
  if (measure && model.run().backend().on_host())
    s.read_bandwidth = bench::read_bandwidth(model.run().threads(), 5, step_memory(model.weights().text));
  return s;
}

std::string stats_text(const RunStats& s) {
  const GenerateStats& g = s.generated;
  const int64_t fresh = g.prompt_tokens - g.reused_tokens;
  std::string text;
  if (s.total_seconds > 0) {
    line(text, "load         %8.1f ms\n", 1e3 * s.load_seconds);
    line(text, "prepare      %8.1f ms  media and text to tokens\n", 1e3 * s.prepare_seconds);
  }
  if (g.patches)
    line(text, "vision       %8.1f ms  %lld patches\n", 1e3 * g.vision_seconds, (long long)g.patches);
  line(text, "prefill      %8.1f ms  %lld tokens, %.1f tok/s", 1e3 * g.prefill_seconds, (long long)fresh,
       rate(double(fresh), g.prefill_seconds));
  if (g.reused_tokens) line(text, "; %lld more were kept in the cache", (long long)g.reused_tokens);
  line(text, "\nfirst token  %8.1f ms  from the prepared prompt\n", 1e3 * g.first_token_seconds);
  line(text, "decode       %8.1f ms  %lld tokens, %.1f tok/s", 1e3 * g.decode_seconds, (long long)decoded(s),
       rate(double(decoded(s)), g.decode_seconds));
  const double bandwidth = rate(double(s.decode_bytes), g.decode_seconds);
  if (s.decode_bytes) line(text, ", %.2f GB/s", 1e-9 * bandwidth);
  if (s.decode_bytes && s.read_bandwidth > 0)
    line(text, " (%.0f%% of the %.2f GB/s at which this machine reads the weights)", 100 * bandwidth / s.read_bandwidth,
         1e-9 * s.read_bandwidth);
  text += "\n";
  if (s.total_seconds > 0) line(text, "in all       %8.1f ms\n", 1e3 * s.total_seconds);
  line(text, "memory       %8.1f MB at its peak\n", 1e-6 * double(s.peak_memory));
  return text;
}

nlohmann::ordered_json stats_json(const RunStats& s) {
  const GenerateStats& g = s.generated;
  nlohmann::ordered_json json{{"prompt_tokens", g.prompt_tokens},
                              {"reused_tokens", g.reused_tokens},
                              {"new_tokens", g.new_tokens},
                              {"patches", g.patches},
                              {"load_seconds", s.load_seconds},
                              {"prepare_seconds", s.prepare_seconds},
                              {"vision_seconds", g.vision_seconds},
                              {"prefill_seconds", g.prefill_seconds},
                              {"first_token_seconds", g.first_token_seconds},
                              {"decode_seconds", g.decode_seconds},
                              {"decode_tokens_per_second", rate(double(decoded(s)), g.decode_seconds)},
                              {"decode_bytes_per_second", rate(double(s.decode_bytes), g.decode_seconds)},
                              {"total_seconds", s.total_seconds},
                              {"peak_memory_bytes", s.peak_memory}};
  if (s.read_bandwidth > 0) json["read_bytes_per_second"] = s.read_bandwidth;
  return json;
}

}  // namespace glimpse::cli
