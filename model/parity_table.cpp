#include "model/parity_table.h"

#include <limits>

#include "glimpse/core/oracle.h"

namespace glimpse {

namespace {

constexpr double kF32Bound = 2e-5;   // relative Frobenius error; ten times what another order of summation costs at
                                     // the widths of the 9B model (1.9e-6 where it is largest)
constexpr double kBf16Factor = 2.0;  // times the error of the reference's own bf16 run

double last_place(DType dtype, double x) {
  const int digits = dtype == DType::bf16 ? 8 : 24;
  return std::ldexp(1.0, (x == 0 ? -126 : std::max(std::ilogb(x), -126)) - digits + 1);
}

double ratio(double error, double norm) { return error == 0 ? 0 : std::sqrt(error / norm); }

std::string text_of(const std::vector<int64_t>& shape) {
  std::string text = "[";
  for (const int64_t n : shape) text += (text.size() > 1 ? ", " : "") + std::to_string(n);
  return text + "]";
}

bool is_vision(const std::string& name) { return name.rfind("vision.", 0) == 0; }

}  // namespace

ParityTable::Sums& ParityTable::sums(const std::string& name) {
  const auto [at, is_new] = sums_.try_emplace(name);
  Sums& s = at->second;
  if (!is_new) return s;
  s.f32 = golden_.f32.find(name);
  s.bf16 = golden_.bf16 ? golden_.bf16->find(name) : nullptr;
  s.row = rows_.size();
  rows_.push_back({.name = name, .shape = s.f32->shape});
  ParityRow& row = rows_.back();
  const size_t rank = is_vision(name) ? 2 : 3;
  if (s.f32->shape.size() != rank) row.note = "the golden tensor is " + text_of(s.f32->shape);
  const bool steps = name == "generate.logits";
  if (s.bf16 && !steps && s.bf16->shape != s.f32->shape) row.note = "the bf16 tensor is " + text_of(s.bf16->shape);
  return s;
}

void ParityTable::compare(Sums& s, const ParityRows& got, int64_t row, int64_t f32_row, int64_t bf16_row) const {
  const TensorView want = s.f32->view("f32"), rounded = s.bf16 ? s.bf16->view("bf16") : TensorView{};
  const int64_t width = s.f32->shape.back();
  for (int64_t c = 0; c < width; ++c) {
    const double exact = oracle::get_at(want, f32_row * width + c);
    const double error = double(got.values[size_t(row * width + c)]) - exact;
    s.error += error * error, s.norm += exact * exact;
    s.max_abs = std::isnan(error) ? error : std::max(s.max_abs, std::abs(error));
    s.peak = std::max(s.peak, std::abs(exact));
    if (!rounded) continue;
    const double own = oracle::get_at(rounded, bf16_row * width + c) - exact;
    s.own += own * own;
  }
  ++s.rows;
}

void ParityTable::add(const std::string& name, const ParityRows& got, const GoldenSequence& sequence, int64_t b) {
  Sums& s = sums(name);
  std::string& note = rows_[s.row].note;
  if (!note.empty()) return;
  const std::vector<int64_t>& shape = s.f32->shape;
  const int64_t width = got.rows ? int64_t(got.values.size()) / got.rows : 0;
  if (width != shape.back()) note = "the model computes rows of " + std::to_string(width);
  if (!note.empty()) return;
  if (is_vision(name)) {
    if (s.rows + got.rows > shape[0]) note = "the model computes more rows than " + std::to_string(shape[0]);
    s.expected = shape[0];
    for (int64_t r = 0; note.empty() && r < got.rows; ++r) compare(s, got, r, s.rows, s.rows);
    return;
  }
  if (shape[0] != golden_.rows || shape[1] > golden_.length) note = "not the shape of input_ids, " + text_of(shape);
  if (!note.empty()) return;
  // A golden tensor of fewer tokens than the prompt holds its last ones; so may `got`.
  const int64_t tokens = int64_t(sequence.columns.size()), cut = golden_.length - shape[1];
  for (int64_t t = 0; t < tokens; ++t) {
    const int64_t column = sequence.columns[size_t(t)] - cut, row = t - (tokens - got.rows);
    if (column < 0) continue;
    ++s.expected;
    const int64_t at = b * shape[1] + column;
    if (row >= 0) compare(s, got, row, at, at);
  }
}

void ParityTable::add_steps(const std::string& name, const ParityRows& got, int64_t b) {
  Sums& s = sums(name);
  std::string& note = rows_[s.row].note;
  if (!note.empty()) return;
  s.expected += got.rows;
  const StoredTensor* rounded = s.bf16 ? s.bf16 : s.f32;
  for (const StoredTensor* t : {s.f32, rounded})
    if (t->shape.size() != 3 || b >= t->shape[0] || got.rows > t->shape[1] ||
        int64_t(got.values.size()) != got.rows * t->shape[2])
      note = "the model computes another shape than " + text_of(t->shape);
  for (int64_t r = 0; note.empty() && r < got.rows; ++r)
    compare(s, got, r, b * s.f32->shape[1] + r, b * rounded->shape[1] + r);
}

void ParityTable::exact(const std::string& row, const std::vector<int64_t>& shape, int64_t different,
                        const std::string& note, bool judged) {
  rows_.push_back({.name = row, .shape = shape, .exact = true, .different = different,
                   .holds = different == 0 || !judged, .note = note});
}

// Relative error of the reference's bf16 run. The errors in one row of logits rise and fall together, so a short answer
// is a dozen draws at most: with the scale of attention changed by 1e-4 or less, far below a rounding, the error over
// its 13 steps went from 3.6e-3 to 6.7e-3. The reference's errors in prompt and answer are therefore taken together.
double ParityTable::own_error(const std::string& name, const Sums& s) const {
  double own = s.own, norm = s.norm;
  const auto other = sums_.find(name == "logits" ? "generate.logits" : name == "generate.logits" ? "logits" : "");
  if (other != sums_.end()) own += other->second.own, norm += other->second.norm;
  return ratio(own, norm);
}

void ParityTable::judge(const Sums& s) {
  ParityRow& row = rows_[s.row];
  if (row.note.empty() && s.rows != s.expected)
    row.note = "compared " + std::to_string(s.rows) + " rows of " + std::to_string(s.expected);
  row.holds = row.note.empty();
  row.max_abs = s.max_abs, row.relative = ratio(s.error, s.norm);
  row.ulp = s.max_abs / last_place(dtype_, s.peak);
  row.bound = kF32Bound;
  if (dtype_ == DType::bf16 && s.bf16) row.bound = kBf16Factor * own_error(row.name, s);
  if (dtype_ == DType::bf16 && !s.bf16) {
    row.bound = std::numeric_limits<double>::infinity();
    if (row.holds) row.note = "not judged: no bf16 golden";
  }
  row.holds = row.holds && row.relative <= row.bound;  // false for a NaN
}

ParityReport ParityTable::finish() {
  for (const auto& [name, s] : sums_) judge(s);
  // In a batch the first picture may come behind a sequence without one; what it does to the text comes later still.
  const auto is_text = [](const ParityRow& row) { return !row.exact && !is_vision(row.name); };
  std::stable_partition(std::find_if(rows_.begin(), rows_.end(), is_text), rows_.end(),
                        [](const ParityRow& row) { return is_vision(row.name); });
  const auto missing = [&](const SafetensorsFile& file, const char* what) {
    for (const auto& tensor : file.tensors())
      if (std::none_of(rows_.begin(), rows_.end(), [&](const ParityRow& row) { return row.name == tensor.first; }))
        rows_.push_back({.name = tensor.first, .shape = tensor.second.shape, .holds = false, .note = what});
  };
  missing(golden_.f32, "in f32.safetensors, and nothing here computes it");
  if (golden_.bf16) missing(*golden_.bf16, "in bf16.safetensors alone");
  missing(golden_.inputs, "in inputs.safetensors, and nothing here computes it");
  return {.name = golden_.directory.filename().string(), .rows = std::move(rows_)};
}

}  // namespace glimpse
