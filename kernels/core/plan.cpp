#include "glimpse/core/plan.h"

#include <charconv>

#include "glimpse/core/op.h"

namespace glimpse {

static int layer_number(std::string_view rule, std::string_view digits) {
  int value = -1;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  GLIMPSE_CHECK(error == std::errc() && end == digits.data() + digits.size() && value >= 0,
                "\"%.*s\": \"%.*s\" is not a layer; write [17] or [8-15]", int(rule.size()), rule.data(),
                int(digits.size()), digits.data());
  return value;
}

void Plan::add(std::string_view text) {
  Rule rule;
  rule.text = text;
  const size_t equals = text.rfind('=');
  GLIMPSE_CHECK(equals != text.npos && equals > 0 && equals + 1 < text.size(),
                "\"%.*s\" is not a kernel choice; write op[.site][layers]=variant, e.g. attention.text[8-15]=scalar",
                int(text.size()), text.data());
  rule.variant = text.substr(equals + 1);
  std::string left(text.substr(0, equals));
  if (const size_t open = left.find('['); open != left.npos) {
    const size_t close = left.find(']', open);
    GLIMPSE_CHECK(close != left.npos, "\"%s\" lacks the ']' behind its layers", rule.text.c_str());
    const std::string range = left.substr(open + 1, close - open - 1);
    const size_t dash = range.find('-');
    rule.first = layer_number(text, std::string_view(range).substr(0, dash));
    rule.last = dash == range.npos ? rule.first : layer_number(text, std::string_view(range).substr(dash + 1));
    GLIMPSE_CHECK(rule.first <= rule.last, "\"%s\": layers %d-%d run backwards", rule.text.c_str(), rule.first,
                  rule.last);
    left.erase(open, close - open + 1);
  }
  const size_t dot = left.find('.');
  rule.op = left.substr(0, dot);
  if (dot != left.npos) rule.path = left.substr(dot + 1);
  const OpBase& which = find_op(rule.op);
  std::string names;
  for (const VariantInfo& v : which.variants()) names += (names.empty() ? "" : ", ") + v.name;
  GLIMPSE_CHECK(which.find(rule.variant) >= 0, "%s has no variant named \"%s\"; there are: %s", rule.op.c_str(),
                rule.variant.c_str(), names.c_str());
  rules_.push_back(std::move(rule));
}

static bool path_matches(std::string_view rule, std::string_view path) {
  if (rule.empty()) return true;
  if (path.substr(0, rule.size()) != rule) return false;
  return path.size() == rule.size() || path[rule.size()] == '.' || path[rule.size()] == '/';
}

std::string_view Plan::forced(std::string_view op, const Site& site) const {
  const Rule* best = nullptr;
  for (const Rule& r : rules_) {
    if (r.op != op || !path_matches(r.path, site.path)) continue;
    if (r.first >= 0 && (site.layer < r.first || site.layer > r.last)) continue;
    const bool longer = best && (r.path.size() < best->path.size() ||
                                 (r.path.size() == best->path.size() && r.first < 0 && best->first >= 0));
    if (!longer) best = &r;
  }
  if (!best) return {};
  best->used = true;
  return best->variant;
}

std::vector<std::string> Plan::unused() const {
  std::vector<std::string> names;
  for (const Rule& r : rules_)
    if (!r.used) names.push_back(r.text);
  return names;
}

}  // namespace glimpse
