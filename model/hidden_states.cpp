#include "model/hidden_states.h"

#include <cstring>

#include "glimpse/ops/embed.h"
#include "glimpse/ops/norm_add_norm.h"
#include "model/glm4v.h"

namespace glimpse {

void HiddenStates::after(const Event& event) {
  if (event.depth > 0) return;
  Backend& backend = event.run.backend();
  if (!std::strcmp(event.site.path, "text.embed"))
    return append_rows(backend, static_cast<const op::Embed*>(event.args)->y, states.front());
  if (std::strcmp(event.site.path, "text.mlp_norm")) return;
  const auto& norm = *static_cast<const op::NormAddNorm*>(event.args);
  const size_t entry = size_t(event.site.layer) + 1;
  append_rows(backend, entry + 1 == states.size() ? norm.y : norm.residual, states.at(entry));
}

}  // namespace glimpse
