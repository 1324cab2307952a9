// Where in the model each op ran: what a kernel rule could have named.
#include "sites.h"

#include <algorithm>

#include "glimpse/core/error.h"
#include "glimpse/core/op.h"

namespace glimpse::cli {

void SiteList::before(const Event& event) {
  const int layer = event.site.layer;
  auto& [first, last] = seen_.try_emplace({event.op.name(), event.site.path}, layer, layer).first->second;
  first = std::min(first, layer);
  last = std::max(last, layer);
}

std::string SiteList::of(const std::string& op) const {
  std::string text;
  for (const auto& [key, layers] : seen_) {
    if (key.first != op) continue;
    text.append(text.empty() ? "" : ", ").append(key.second);
    if (layers.second < 0) continue;
    text.append("[").append(std::to_string(layers.first)).append("-").append(std::to_string(layers.second)).append("]");
  }
  return text;
}

void check_rules_used(const glimpse::Run& run, const SiteList& sites) {
  const std::vector<std::string> unused = run.plan().unused();
  if (unused.empty()) return;
  const std::string& rule = unused.front();
  const std::string op = rule.substr(0, rule.find_first_of(".[="));
  const std::string where = sites.of(op);
  GLIMPSE_CHECK(!where.empty(), "--kernel %s did nothing: %s did not run", rule.c_str(), op.c_str());
  GLIMPSE_FAIL("--kernel %s matched nothing; %s ran at %s", rule.c_str(), op.c_str(), where.c_str());
}

}  // namespace glimpse::cli
