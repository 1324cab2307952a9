// What parity found: one row for each thing compared, in the order in which the model computes them.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "model/parity_case.h"

namespace glimpse {

struct ParityRow {
  std::string name;
  std::vector<int64_t> shape;
  bool exact = false;     // compared for equality: `different` of the elements differ; the numbers below are unused
  int64_t different = 0;
  double max_abs = 0;     // largest |got - golden f32|
  double relative = 0;    // |got - golden f32| / |golden f32|, Frobenius
  double ulp = 0;         // max_abs in units of the activation dtype's last place at the golden tensor's largest value
  double bound = 0;       // of `relative`; infinite: shown, not judged
  bool holds = true;
  std::string note = "";  // why it does not hold, or why it is not judged
  bool judged() const { return exact ? !holds || different == 0 : std::isfinite(bound); }
};

struct ParityReport {
  std::string name;
  std::vector<ParityRow> rows;
  bool holds() const { return first_fault() == nullptr; }
  // The first row in order of execution that does not hold.
  const ParityRow* first_fault() const {
    for (const ParityRow& row : rows)
      if (!row.holds) return &row;
    return nullptr;
  }
};

// Rows of a tensor that the model computed, on the host.
struct ParityRows {
  std::vector<float> values;
  int64_t rows = 0;
};

class ParityTable {
 public:
  ParityTable(const GoldenCase& golden, DType dtype) : golden_(golden), dtype_(dtype) {}

  bool wanted(const std::string& name) const { return golden_.f32.find(name) != nullptr; }
  // Rows of sequence `b` of a golden tensor: of a vision tensor those behind the rows already added, for pictures are
  // encoded in order; of any other the last tokens of the sequence.
  void add(const std::string& name, const ParityRows& got, const GoldenSequence& sequence, int64_t b);
  // The first rows of row b of a golden [B, n, width]; n may differ between the reference's f32 and bf16 runs.
  void add_steps(const std::string& name, const ParityRows& got, int64_t b);
  // Compares bit by bit with a stored tensor of that element type.
  template <class T> void equal(const std::string& row, const StoredTensor* want, const std::vector<T>& got) {
    const size_t n = want ? want->bytes / sizeof(T) : 0;
    int64_t different = int64_t(std::max(n, got.size()) - std::min(n, got.size()));
    for (size_t i = 0; i < std::min(n, got.size()); ++i)
      different += std::memcmp(want->data + i * sizeof(T), &got[i], sizeof(T)) != 0;
    exact(row, want ? want->shape : std::vector<int64_t>{}, different);
  }
  void exact(const std::string& row, const std::vector<int64_t>& shape, int64_t different,
             const std::string& note = "", bool judged = true);
  // All rows; every golden tensor that nothing was compared with is a fault.
  ParityReport finish();

 private:
  struct Sums {
    double error = 0, norm = 0, own = 0;  // squares; own: of the reference's bf16 run
    double max_abs = 0, peak = 0;
    int64_t rows = 0, expected = 0;
    const StoredTensor *f32 = nullptr, *bf16 = nullptr;
    size_t row = 0;                       // of rows_
  };
  Sums& sums(const std::string& name);
  void compare(Sums& s, const ParityRows& got, int64_t row, int64_t f32_row, int64_t bf16_row) const;
  double own_error(const std::string& name, const Sums& s) const;
  void judge(const Sums& s);

  const GoldenCase& golden_;
  DType dtype_;
  std::vector<ParityRow> rows_;
  std::map<std::string, Sums> sums_;
};

}  // namespace glimpse
