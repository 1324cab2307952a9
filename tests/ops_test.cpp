// Every op x variant x case of the registry, no op by name.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>

#include "support/allowed_skips.h"
#include "support/op_check.h"
#include "support/register_ops.h"

namespace glimpse::test {
namespace {

struct NamedCase {
  const OpBase* op;
  AnyCase test_case;
  std::string name;
  uint64_t seed;
};

// What became of one variant on one backend.
struct Tally {
  int registered = 0, tried = 0, ran = 0;
  std::string last_reason;
};

// Why layouts were skipped, with counts; printed once behind all tests.
class SkipReport final : public testing::Environment {
 public:
  void add(const std::string& who, const std::string& why) {
    EXPECT_TRUE(skip_allowed(who, why)) << who << " is skipped, which no entry of allowed_skips.cpp allows: " << why;
    ++counts_[who + ": " + why];
  }
  void TearDown() override {
    if (!counts_.empty()) std::printf("skipped (layouts of cases):\n");
    for (const auto& [what, count] : counts_) std::printf("%7d  %s\n", count, what.c_str());
  }

 private:
  std::map<std::string, int> counts_;
};

SkipReport& skips() {
  static auto* report = static_cast<SkipReport*>(testing::AddGlobalTestEnvironment(new SkipReport));
  return *report;
}

// The oracle's answers of the case at hand: the tests of one case stand next to each other.
const std::vector<Expected>& expected_of(const NamedCase& c) {
  static std::string key;
  static std::vector<Expected> answers;
  if (const std::string wanted = std::string(c.op->name()) + "." + c.name; key != wanted) {
    key.clear();
    answers = expect(*c.op, c.test_case, c.seed);
    key = wanted;
  }
  return answers;
}

void report(const Outcome& outcome, const std::string& who) {
  for (const std::string& failure : outcome.failures) ADD_FAILURE() << failure;
  for (const std::string& reason : outcome.skipped) skips().add(who, reason);
  if (outcome.failures.empty() && !outcome.ran && !outcome.skipped.empty()) GTEST_SKIP() << outcome.skipped.front();
}

class VariantTest final : public testing::Test {
 public:
  VariantTest(std::shared_ptr<NamedCase> c, int v, Backend& backend, std::shared_ptr<Tally> tally)
      : case_(std::move(c)), variant_(v), backend_(backend), tally_(std::move(tally)) {}
  void TestBody() override {
    const OpBase& op = *case_->op;
    const std::string who = std::string(op.name()) + "." + op.variants()[size_t(variant_)].name;
    ++tally_->tried;
    Reason reason;
    if (op.rejected(variant_, nullptr, backend_.info(), reason)) {
      skips().add(who, reason.text);
      GTEST_SKIP() << reason.text;
    }
    const Outcome outcome =
        check_variant(op, variant_, case_->test_case, case_->seed, backend_, expected_of(*case_));
    tally_->ran += outcome.ran;
    if (!outcome.skipped.empty()) tally_->last_reason = outcome.skipped.back();
    report(outcome, who);
  }

 private:
  std::shared_ptr<NamedCase> case_;
  int variant_;
  Backend& backend_;
  std::shared_ptr<Tally> tally_;
};

class AutoTest final : public testing::Test {
 public:
  AutoTest(std::shared_ptr<NamedCase> c, Backend& backend) : case_(std::move(c)), backend_(backend) {}
  void TestBody() override {
    const Outcome outcome = check_auto(*case_->op, case_->test_case, case_->seed, backend_, expected_of(*case_));
    // Every op has a variant for everything its contract allows on the CPU.
    if (backend_.on_host())
      for (const std::string& reason : outcome.skipped) ADD_FAILURE() << "no variant takes it: " << reason;
    report(outcome, std::string(case_->op->name()) + ".auto");
  }

 private:
  std::shared_ptr<NamedCase> case_;
  Backend& backend_;
};

// The comparison can fail: a result that is wrong in one element, or in one row of zeros, does not pass it.
class MutationTest final : public testing::Test {
 public:
  explicit MutationTest(std::vector<std::shared_ptr<NamedCase>> cases) : cases_(std::move(cases)) {}
  void TestBody() override {
    for (const auto& c : cases_) {
      const auto& expected = expected_of(*c);
      const bool empty = std::any_of(expected.begin(), expected.end(), [](auto& e) { return e.rounded.empty(); });
      if (!empty) return mutate(expected, c->op->exact_outputs());
    }
    FAIL() << "every case has an empty output";
  }

 private:
  static void mutate(const std::vector<Expected>& expected, bool equal) {
    for (const Expected& e : expected) {
      EXPECT_EQ(compare(e, e.rounded, equal), "");
      const size_t i = e.rounded.size() / 2;
      auto wrong = e.rounded;
      wrong[i] = equal || ulp(e.dtype, 1) == 0 ? wrong[i] + 1 : e.exact[i] + 1.01 * row_budget(e, i);
      EXPECT_NE(compare(e, wrong, equal), "") << e.name << " wrong in element " << i;
      wrong = e.rounded;
      const size_t group = rows_together(e), first = i - i % group;
      bool zeros = true;
      for (size_t k = first; k < std::min(first + group, wrong.size()); ++k)
        zeros = zeros && wrong[k] == 0, wrong[k] = 0;
      if (zeros) continue;
      EXPECT_NE(compare(e, wrong, equal), "") << e.name << " zero in the rows around element " << i;
    }
  }
  std::vector<std::shared_ptr<NamedCase>> cases_;
};

// A variant that rejected every case was never tested.
class RanTest final : public testing::Test {
 public:
  RanTest(const OpBase& op, int v, Backend& backend, std::shared_ptr<Tally> tally)
      : op_(op), variant_(v), backend_(backend), tally_(std::move(tally)) {}
  void TestBody() override {
    Reason reason;
    if (op_.rejected(variant_, nullptr, backend_.info(), reason)) GTEST_SKIP() << reason.text;
    if (tally_->tried < tally_->registered) GTEST_SKIP() << "not all of its cases were selected";
    EXPECT_GT(tally_->ran, 0) << "it rejects all " << tally_->registered << " cases, the last because: "
                              << tally_->last_reason;
  }

 private:
  const OpBase& op_;
  int variant_;
  Backend& backend_;
  std::shared_ptr<Tally> tally_;
};

template <class Make> void add_test(const OpBase& op, const std::string& name, const std::string& file, Make make) {
  const std::string suite = std::string("ops/") + op.name();
  testing::RegisterTest(suite.c_str(), name.c_str(), nullptr, nullptr, file.c_str(), 1,
                        [make]() -> testing::Test* { return make(); });
}

std::vector<std::shared_ptr<NamedCase>> cases_of(const OpBase& op) {
  const char* text = std::getenv("GLIMPSE_SEED");
  const uint64_t fuzz = text ? std::strtoull(text, nullptr, 10) : 1;
  std::vector<std::shared_ptr<NamedCase>> all;
  for (const uint64_t seed : {uint64_t(0), fuzz}) {
    if (seed == 0 && !all.empty()) break;
    for (const AnyCase& c : op.cases(seed)) {
      if (!c.test) continue;
      const std::string name = seed ? "seed=" + std::to_string(seed) + "/" + c.label : c.label;
      all.push_back(std::make_shared<NamedCase>(NamedCase{&op, c, name, seed_of(op, name)}));
    }
  }
  return all;
}

bool belongs(const VariantInfo& v, const Backend& b) { return v.device == Device::any || v.device == b.info().kind; }

}  // namespace

void register_op_tests(const std::vector<Backend*>& backends) {
  skips();
  for (const OpBase* op : ops()) {
    std::map<std::pair<int, Backend*>, std::shared_ptr<Tally>> tallies;
    const auto label = [&](int v, Backend* b) {
      const VariantInfo& info = op->variants()[size_t(v)];
      return info.name + (info.device == Device::any ? std::string("@") + name_of(b->info().kind) : "");
    };
    const auto cases = cases_of(*op);
    add_test(*op, "mutation", __FILE__, [cases] { return new MutationTest(cases); });
    for (const auto& c : cases) {
      for (Backend* b : backends) {
        for (int v = 0; v < int(op->variants().size()); ++v) {
          if (!belongs(op->variants()[size_t(v)], *b)) continue;
          auto& tally = tallies[{v, b}];
          if (!tally) tally = std::make_shared<Tally>();
          ++tally->registered;
          add_test(*op, label(v, b) + "/" + c->name, op->variants()[size_t(v)].file,
                   [=, t = tally] { return new VariantTest(c, v, *b, t); });
        }
        add_test(*op, std::string("auto@") + name_of(b->info().kind) + "/" + c->name, __FILE__,
                 [=] { return new AutoTest(c, *b); });
      }
    }
    for (const auto& [key, tally] : tallies)
      add_test(*op, label(key.first, key.second) + "/ran", __FILE__,
               [op, key = key, t = tally] { return new RanTest(*op, key.first, *key.second, t); });
  }
}

}  // namespace glimpse::test
