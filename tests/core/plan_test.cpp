#include "glimpse/core/plan.h"

#include <gtest/gtest.h>

#include "glimpse/core/op.h"

namespace glimpse {
namespace {

// Some op of the registry, and one of its variants: rules are checked against it, whatever it is.
struct Known {
  std::string op, variant;
};

Known known() {
  for (const OpBase* o : ops())
    if (!o->variants().empty()) return {o->name(), o->variants()[0].name};
  return {};
}

TEST(Plan, ARuleHoldsForItsPathAndBelow) {
  const auto [op, variant] = known();
  Plan plan;
  plan.add(op + ".text=" + variant);
  EXPECT_EQ(plan.forced(op, {"text", 3}), variant);
  EXPECT_EQ(plan.forced(op, {"text.mlp/gate", -1}), variant);
  EXPECT_EQ(plan.forced(op, {"texture", 3}), "");
  EXPECT_EQ(plan.forced(op, {"vision", 3}), "");
  EXPECT_EQ(plan.forced("another", {"text", 3}), "");
}

TEST(Plan, ALayerRangeIsInclusive) {
  const auto [op, variant] = known();
  Plan plan;
  plan.add(op + ".text[8-15]=" + variant);
  EXPECT_EQ(plan.forced(op, {"text", 7}), "");
  EXPECT_EQ(plan.forced(op, {"text", 8}), variant);
  EXPECT_EQ(plan.forced(op, {"text", 15}), variant);
  EXPECT_EQ(plan.forced(op, {"text", 16}), "");
}

TEST(Plan, TellsWhichRulesNeverMatched) {
  const auto [op, variant] = known();
  Plan plan;
  plan.add(op + ".text=" + variant);
  plan.add(op + ".txet=" + variant);
  plan.forced(op, {"text", 0});
  EXPECT_EQ(plan.unused(), std::vector<std::string>{op + ".txet=" + variant});
}

TEST(Plan, RefusesWhatItDoesNotUnderstand) {
  const auto [op, variant] = known();
  Plan plan;
  for (const std::string& rule : {op, "=" + variant, op + "=", op + "=no_such_variant", "no_such_op=" + variant,
                                  op + "[3=" + variant, op + "[x]=" + variant, op + "[5-3]=" + variant})
    EXPECT_THROW(plan.add(rule), Error) << rule;
}

}  // namespace
}  // namespace glimpse
