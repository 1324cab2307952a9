#include "model/output_parser.h"

#include <algorithm>

namespace glimpse {
namespace {

struct Tag {
  std::string_view text;
  SpanKind next;
};
constexpr Tag kTags[] = {{"<think>", SpanKind::think},
                         {"</think>", SpanKind::plain},
                         {"<answer>", SpanKind::answer},
                         {"</answer>", SpanKind::plain}};

void append(std::vector<OutputSpan>& spans, SpanKind kind, std::string_view text) {
  if (text.empty()) return;
  if (spans.empty() || spans.back().kind != kind) spans.push_back({kind, ""});
  spans.back().text += text;
}

const Tag* tag_at(std::string_view text) {
  const auto* tag =
      std::find_if(std::begin(kTags), std::end(kTags), [&](const Tag& t) { return text.starts_with(t.text); });
  return tag == std::end(kTags) ? nullptr : tag;
}

bool may_become_tag(std::string_view text) {
  return std::any_of(std::begin(kTags), std::end(kTags), [&](const Tag& t) { return t.text.starts_with(text); });
}

std::vector<std::string> boxes_of(std::string_view text) {
  constexpr std::string_view kBegin = "<|begin_of_box|>", kEnd = "<|end_of_box|>";
  std::vector<std::string> boxes;
  for (std::size_t at = text.find(kBegin); at != std::string_view::npos; at = text.find(kBegin, at)) {
    at += kBegin.size();
    const std::size_t end = std::min(text.find(kEnd, at), text.size());
    boxes.emplace_back(text.substr(at, end - at));
    at = end;
  }
  return boxes;
}

}  // namespace

std::vector<OutputSpan> OutputSplitter::push(std::string_view text) {
  pending_ += text;
  std::vector<OutputSpan> spans;
  std::size_t run = 0, at = 0;
  while ((at = pending_.find('<', at)) != std::string::npos) {
    const std::string_view rest = std::string_view(pending_).substr(at);
    const Tag* tag = tag_at(rest);
    if (!tag && may_become_tag(rest)) break;
    if (!tag) {
      ++at;
      continue;
    }
    append(spans, kind_, std::string_view(pending_).substr(run, at - run));
    kind_ = tag->next;
    run = at += tag->text.size();
  }
  const std::size_t end = std::min(at, pending_.size());
  append(spans, kind_, std::string_view(pending_).substr(run, end - run));
  pending_.erase(0, end);
  return spans;
}

std::vector<OutputSpan> OutputSplitter::finish() {
  std::vector<OutputSpan> spans;
  append(spans, kind_, pending_);
  pending_.clear();
  return spans;
}

ParsedOutput parse_output(std::string_view text) {
  OutputSplitter splitter;
  std::vector<OutputSpan> spans = splitter.push(text);
  for (OutputSpan& span : splitter.finish()) spans.push_back(std::move(span));
  ParsedOutput output;
  std::string plain;
  output.has_answer_tag = text.find("<answer>") != std::string_view::npos;
  for (const OutputSpan& span : spans) {
    if (span.kind == SpanKind::think) output.thinking += span.text;
    else if (span.kind == SpanKind::answer) output.answer += span.text;
    else plain += span.text;
  }
  if (!output.has_answer_tag) output.answer = plain;
  output.boxes = boxes_of(output.answer);
  return output;
}

}  // namespace glimpse
