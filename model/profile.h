// Where the time of a program went: its ops by phase and site, and what the phases took beside them.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "glimpse/core/run.h"

namespace glimpse {

// A tree: the program, its phases, their ops, the inner ops of those. Every second of the program is the own time of
// exactly one row. Ops are timed by the device's clock, phases by the host's.
struct ProfileRow {
  std::string phase;               // that it belongs to
  std::string op, variant, site;   // op empty: a phase, whose own time is what lies outside its ops
  int parent = -1;                 // the row around it; -1: the program
  int64_t calls = 0;
  double own = 0, total = 0;       // seconds without and with the rows inside
  double flops = 0, bytes = 0;     // of all calls, as the op's cost says
};

// One call; seconds since the program began.
struct ProfileSpan {
  int row = 0, layer = -1;
  double begin = 0, end = 0;
};

class Profile final : public Observer {
 public:
  // `started`: when the program did, by host_seconds(). Observes `run` until it dies; `keep_spans` also keeps every
  // call.
  Profile(Run& run, double started, bool keep_spans);
  ~Profile() override { run_.remove_observer(this); }
  Profile(const Profile&) = delete;

  // A phase that was timed elsewhere, by host_seconds(); no ops ran in it.
  void add_phase(const std::string& name, double begin, double end);
  // The program ends here.
  void finish();

  // After finish(): rows in order of first appearance, the program first; every call, phases too, by begin.
  const std::vector<ProfileRow>& rows() const { return rows_; }
  const std::vector<ProfileSpan>& spans() const { return spans_; }

  void before(const Event& event) override;
  void after(const Event& event) override;
  void enter(const char* phase) override;
  void leave() override;

 private:
  struct Open {  // a phase that goes on
    int row;
    double begin;
  };
  struct Mark {  // row -1: the end of the op that began last
    int row, layer;
  };
  int row_of(ProfileRow row);
  void close(const Open& open, double end);
  void collect();

  Run& run_;
  std::unique_ptr<StreamClock> clock_;
  double started_, offset_;  // by host_seconds(), of the program and of the clock
  bool keep_spans_;
  std::vector<ProfileRow> rows_;
  std::map<std::pair<int, std::string>, int> index_;  // by parent and name
  std::vector<Open> phases_;
  std::vector<int> ops_;     // rows of the ops that go on
  std::vector<Mark> marks_;  // not collected yet
  std::vector<ProfileSpan> spans_;
};

}  // namespace glimpse
