// What a run took, against what the machine could do.
#pragma once
#include <nlohmann/json.hpp>
#include <string>

#include "model/generate.h"

namespace glimpse::cli {

struct RunStats {
  GenerateStats generated;
  double load_seconds = 0, prepare_seconds = 0;  // open the model; decode and resize media, encode text
  double total_seconds = 0;                      // of the program; 0: one answer of several
  int64_t decode_bytes = 0;                      // weights and cache that the decode steps read
  double read_bandwidth = 0;                     // bytes of the weights a second, read and no more; 0: not measured
  int64_t peak_memory = 0;                       // bytes, of the process
};

// Fills what the process knows of itself; `measure` also measures how fast its weights can be read.
RunStats run_stats(const GenerateStats& generated, Glm4vForConditionalGeneration& model, bool measure);

std::string stats_text(const RunStats& stats);
nlohmann::ordered_json stats_json(const RunStats& stats);

}  // namespace glimpse::cli
