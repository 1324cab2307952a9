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

std::string op_of_rule(const std::string& rule) { return rule.substr(0, rule.find_first_of(".[=")); }

std::string unused_rule_text(const std::string& rule, const SiteList& sites, const std::string& outer) {
  const std::string op = op_of_rule(rule), where = sites.of(op);
  const std::string text = "--kernel " + rule + " matched nothing; ";
  if (!where.empty()) return text + op + " runs at " + where;
  if (outer.empty()) return text + op + " does not run here";
  return text + op + " runs inside " + outer + " where that is split; add --kernel " + outer + "=split";
}

void check_rules_used(const glimpse::Run& run, const SiteList& sites) {
  const std::vector<std::string> unused = run.plan().unused();
  if (!unused.empty()) GLIMPSE_FAIL("%s", unused_rule_text(unused.front(), sites, "").c_str());
}

}  // namespace glimpse::cli
