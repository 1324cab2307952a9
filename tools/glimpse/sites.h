// Where in the model each op ran: what a kernel rule could have named.
#pragma once
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "glimpse/core/observer.h"
#include "glimpse/core/run.h"

namespace glimpse::cli {

class SiteList final : public Observer {
 public:
  void before(const Event& event) override;
  bool every_step() const override { return false; }
  // "text.attn[0-3], vision.attn[0-1]"; empty where the op never ran.
  std::string of(const std::string& op) const;

 private:
  // (op, path) -> first and last layer, -1 where there is none.
  std::map<std::pair<std::string, std::string>, std::pair<int, int>> seen_;
};

std::string op_of_rule(const std::string& rule);

// What is wrong with a rule that matched nothing: the places where its op did run, or the op that it is a part of, if
// there is one.
std::string unused_rule_text(const std::string& rule, const SiteList& sites, const std::string& outer);

// Throws Error where a rule of the run's plan matched nothing.
void check_rules_used(const glimpse::Run& run, const SiteList& sites);

}  // namespace glimpse::cli
