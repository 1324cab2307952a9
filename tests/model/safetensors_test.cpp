#include "glimpse/core/safetensors.h"

#include <gtest/gtest.h>

#include <cstring>

#include "glimpse/core/error.h"
#include "model/checkpoint.h"
#include "scratch_directory.h"

namespace glimpse {
namespace {

const std::string kData = GLIMPSE_TEST_DATA;

std::string file_of(const std::string& header, std::size_t data_bytes, std::uint64_t length) {
  std::string out(8, '\0');
  std::memcpy(out.data(), &length, 8);
  return out + header + std::string(data_bytes, 'x');
}

std::string error_of(const std::string& bytes) {
  const ScratchDirectory directory;
  try {
    SafetensorsFile file(directory.write("bad.safetensors", bytes));
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

std::string header_error(const std::string& header, std::size_t data_bytes) {
  return error_of(file_of(header, data_bytes, header.size()));
}

std::string tensor(const std::string& name, const std::string& dtype, const std::string& shape,
                   const std::string& span) {
  return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":" + span + "}";
}

TEST(Safetensors, ReadsTheSmallCheckpoint) {
  const SafetensorsFile file(kData + "/nano/model.safetensors");
  EXPECT_EQ(file.metadata().at("format"), "pt");
  const TensorView norm = file.view("model.language_model.norm.weight");
  EXPECT_EQ(norm.dtype, DType::bf16);
  EXPECT_EQ(norm.rank, 1);
  EXPECT_EQ(norm.shape[0], 256);
  EXPECT_THROW(file.view("no.such.tensor"), Error);
}

TEST(Safetensors, RefusesDamagedFiles) {
  const std::string good = "{" + tensor("a", "F32", "[2]", "[0,8]") + "}";
  const std::pair<std::string, std::string> rows[] = {
      {header_error(good, 8), ""},
      {error_of(""), "no safetensors file"},
      {error_of(file_of(good, 8, 1u << 30)), "header length"},
      {error_of(file_of(good, 8, UINT64_MAX)), "header length"},
      {header_error(good, 4), "truncated"},
      {header_error(good, 12), "belong to no tensor"},
      {header_error("{" + tensor("a", "F32", "[2]", "[0,8]") + "," + tensor("a", "F32", "[2]", "[8,16]") + "}", 16),
       "twice"},
      {header_error("{" + tensor("a", "F32", "[2]", "[0,8]") + "," + tensor("b", "F32", "[2]", "[4,12]") + "}", 12),
       "overlap"},
      {header_error("{" + tensor("a", "F32", "[2]", "[0,8]") + "," + tensor("b", "F32", "[1]", "[12,16]") + "}", 16),
       "belong to no tensor"},
      {header_error("{" + tensor("a", "F33", "[2]", "[0,8]") + "}", 8), "unknown element type"},
      {header_error("{" + tensor("a", "F32", "[3]", "[0,8]") + "}", 8), "spans 8 bytes"},
      {header_error("{" + tensor("a", "F32", "[-2]", "[0,8]") + "}", 8), "whole number"},
      {header_error("{" + tensor("a", "F32", "[281474976710656,281474976710656]", "[0,8]") + "}", 8), "more elements"},
      {header_error("{" + tensor("a", "F32", "[2]", "[8,0]") + "}", 8), "smaller first"},
      {header_error("{" + tensor("a", "F32", "2", "[0,8]") + "}", 8), "list of sizes"},
      {header_error("{\"a\":3}", 0), "JSON object"},
      {header_error("[]", 0), "JSON object"},
      {header_error("{\"a\":[[[[[[]]]]]]}", 0), "nested"},
      {header_error("nonsense", 0), "not valid JSON"},
  };
  for (const auto& [error, part] : rows) {
    EXPECT_EQ(error.empty(), part.empty()) << part << ": " << error;
    EXPECT_NE(error.find(part), std::string::npos) << part << ": " << error;
  }
}

TEST(Safetensors, WriterAndReaderAgree) {
  const ScratchDirectory directory;
  const auto path = directory.path() / "two.safetensors";
  const float values[] = {1, 2, 3};
  SafetensorsWriter writer(path, {{"a", "F32", {3}}, {"s", "F32", {}}});
  writer.write(values, sizeof values);
  EXPECT_THROW(writer.write(values, sizeof values), Error);
  writer.write(values, 4);
  writer.finish();
  const SafetensorsFile file(path);
  EXPECT_EQ(std::memcmp(file.find("a")->data, values, sizeof values), 0);
  EXPECT_EQ(file.view("s").numel(), 1);
  SafetensorsWriter half(directory.path() / "half.safetensors", {{"a", "F32", {3}}});
  EXPECT_THROW(half.finish(), Error);
}

TEST(Safetensors, HalfPrecisionIsNamedAndRefused) {
  const ScratchDirectory directory;
  SafetensorsWriter(directory.path() / "h.safetensors", {{"h", "F16", {2}}}).finish_sparse();
  const SafetensorsFile file(directory.path() / "h.safetensors");
  EXPECT_THROW(file.view("h"), Error);
}

TEST(Checkpoint, CanonicalNames) {
  EXPECT_EQ(canonical_name("visual.a"), "model.visual.a");
  EXPECT_EQ(canonical_name("language_model.norm.weight"), "model.language_model.norm.weight");
  EXPECT_EQ(canonical_name("language_model.model.norm.weight"), "model.language_model.norm.weight");
  EXPECT_EQ(canonical_name("language_model.lm_head.weight"), "lm_head.weight");
  EXPECT_EQ(canonical_name("model.visual.a"), "model.visual.a");
}

TEST(Checkpoint, ShardsAreCheckedAgainstTheIndex) {
  const ScratchDirectory directory;
  const auto open_error = [&](const std::string& index) -> std::string {
    directory.write("model.safetensors.index.json", index);
    try {
      Checkpoint::open(directory.path());
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_THROW(Checkpoint::open(directory.path()), Error);
  SafetensorsWriter(directory.path() / "s1", {{"a", "F32", {2}}, {"visual.b", "F32", {2}}}).finish_sparse();
  SafetensorsWriter(directory.path() / "s2", {{"model.visual.b", "F32", {2}}}).finish_sparse();
  EXPECT_EQ(open_error(R"({"weight_map":{"a":"s1"}})"), "");
  EXPECT_NE(open_error(R"({"weight_map":{"a":"s3"}})").find("missing"), std::string::npos);
  EXPECT_NE(open_error(R"({"weight_map":{"a":"../s1"}})").find("plain file name"), std::string::npos);
  EXPECT_NE(open_error(R"({"weight_map":{"c":"s1"}})").find("lacks it"), std::string::npos);
  EXPECT_NE(open_error(R"({"weight_map":{"visual.b":"s1","model.visual.b":"s2"}})").find("twice"), std::string::npos);
  EXPECT_NE(open_error(R"({"weight_map":{}})").find("weight_map"), std::string::npos);
  EXPECT_EQ(open_error(R"({"weight_map":{"a":"s1"}})"), "");
  EXPECT_THROW(Checkpoint::open(directory.path()).view("a", {3}), Error);
}

}  // namespace
}  // namespace glimpse
