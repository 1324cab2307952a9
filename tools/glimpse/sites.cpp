// Where in the model each op ran: what a kernel rule could have named.
#include "sites.h"

#include <algorithm>

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

}  // namespace glimpse::cli
