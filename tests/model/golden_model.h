// A checkpoint opened as a model, for tests that compare with golden cases.
#pragma once
#include <string>

#include "media_golden.h"
#include "model/checkpoint.h"
#include "model/parity.h"
#include "scratch_directory.h"

namespace glimpse {

struct GoldenModel {
  explicit GoldenModel(const std::filesystem::path& directory, DType dtype = DType::f32, Plan plan = {})
      : checkpoint(Checkpoint::open(directory)),
        run(cpu_backend(), std::move(plan)),
        model(checkpoint, Glm4vConfig::from_pretrained(directory), run, dtype),
        parity(model, directory) {}
  Checkpoint checkpoint;
  glimpse::Run run;
  Glm4vForConditionalGeneration model;
  Parity parity;
};

inline std::filesystem::path nano_path() { return std::filesystem::path(GLIMPSE_TEST_DATA) / "nano"; }

}  // namespace glimpse
