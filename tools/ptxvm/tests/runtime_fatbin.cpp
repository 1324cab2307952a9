// The readers of foreign bytes: fat binaries, LZ4 blocks and ELF files, whole, cut off and damaged.
#include "runtime/fatbin.h"

#include <gtest/gtest.h>
#include <zstd.h>

#include <cstring>
#include <random>

#include "launcher/elf.h"
#include "runtime/lz4.h"

namespace ptxvm {
namespace {

using Bytes = std::vector<std::byte>;
constexpr uint64_t kLz4 = 0x2000, kZstd = 0x8000, kArchSpecific = 0x100000;

template <class T>
void store(Bytes* to, size_t at, T value) {
  std::memcpy(to->data() + at, &value, sizeof value);
}

// One entry as nvcc writes it: a header of 64 bytes, then the payload.
Bytes entry(uint16_t kind, uint32_t arch, uint64_t flags, const std::string& payload, uint64_t unpacked = 0) {
  Bytes made(64 + (payload.size() + 7) / 8 * 8);
  store<uint16_t>(&made, 0, kind);
  store<uint32_t>(&made, 4, 64);
  store<uint64_t>(&made, 8, made.size() - 64);
  store<uint32_t>(&made, 16, flags & (kLz4 | kZstd) ? payload.size() : 0);
  store<uint32_t>(&made, 28, arch);
  store<uint64_t>(&made, 40, flags);
  store<uint64_t>(&made, 56, unpacked);
  std::memcpy(made.data() + 64, payload.data(), payload.size());
  return made;
}

Bytes fatbin(const std::vector<Bytes>& entries) {
  Bytes made(16);
  for (const auto& e : entries) made.insert(made.end(), e.begin(), e.end());
  store<uint32_t>(&made, 0, 0xba55ed50);
  store<uint16_t>(&made, 4, 1);
  store<uint16_t>(&made, 6, 16);
  store<uint64_t>(&made, 8, made.size() - 16);
  return made;
}

std::string zstd(const std::string& text) {
  std::string packed(ZSTD_compressBound(text.size()), '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), text.data(), text.size(), 3));
  return packed;
}

TEST(Fatbin, PlainAndCompressedTextsComeBack) {
  const std::string text = ".version 9.0\n.target sm_80\n// aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n";
  const auto whole = fatbin({entry(1, 80, 0, text), entry(1, 86, kZstd, zstd(text), text.size())});
  const auto entries = read_fatbin(whole);
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(unpack_ptx(entries[0]), text);
  EXPECT_EQ(unpack_ptx(entries[1]), text);
  EXPECT_EQ(entries[1].arch, 86);
}

TEST(Fatbin, Lz4BlockWithOverlappingMatch) {
  // "ab", then 8 bytes from 2 back, then the literal "c": ababababab c.
  const std::string block = {0x24, 'a', 'b', 2, 0, 0x10, 'c'};
  const auto whole = fatbin({entry(1, 80, kLz4, block, 11)});
  EXPECT_EQ(unpack_ptx(read_fatbin(whole)[0]),
            "ababababab"
            "c");
}

TEST(Fatbin, HostileLz4BlocksAreRefused) {
  for (const std::string& block :
       {std::string{0x24, 'a', 'b', 3, 0}, std::string{0x24, 'a', 'b', 0, 0}, std::string{'\xf0', '\xff', '\xff'},
        std::string{0x2f, 'a', 'b', 1, 0, '\xff'}, std::string{0x40, 'a'}}) {
    Bytes text(64);
    EXPECT_EQ(lz4_decompress(std::as_bytes(std::span(block)), text), 0u);
  }
}

TEST(Fatbin, EveryCutIsRefusedOrHarmless) {
  const std::string text(200, 'x');
  const auto whole = fatbin({entry(1, 80, 0, text), entry(1, 90, kZstd, zstd(text), text.size())});
  for (size_t length = 1; length < whole.size(); ++length) {
    const Bytes cut(whole.begin(), whole.begin() + static_cast<long>(length));
    EXPECT_THROW(read_fatbin(cut), FatbinError) << length;
  }
}

TEST(Fatbin, RandomDamageNeverOverruns) {
  const std::string text(300, 'y');
  const auto whole = fatbin({entry(1, 80, kZstd, zstd(text), text.size()), entry(1, 80, kLz4, text, 400)});
  std::mt19937 random(5);
  for (int round = 0; round < 20000; ++round) {
    Bytes damaged = whole;
    for (int i = 0; i < 4; ++i) damaged[random() % damaged.size()] = static_cast<std::byte>(random());
    try {
      for (const auto& e : read_fatbin(damaged)) unpack_ptx(e);
    } catch (const FatbinError& error) {
      EXPECT_FALSE(error.message.empty());
    }
  }
}

TEST(Fatbin, ASizeThatNoTextHasIsNotAllocated) {
  const auto whole = fatbin({entry(1, 80, kZstd, zstd("abc"), uint64_t{1} << 60)});
  EXPECT_THROW(unpack_ptx(read_fatbin(whole)[0]), FatbinError);
  const auto lz4 = fatbin({entry(1, 80, kLz4, "abc", uint64_t{1} << 31)});
  EXPECT_THROW(unpack_ptx(read_fatbin(lz4)[0]), FatbinError);
}

TEST(Fatbin, BestPtxForTheArchitecture) {
  const auto whole = fatbin({entry(2, 80, 0, "elf"), entry(1, 80, 0, "a"), entry(1, 86, 0, "b"), entry(1, 90, 0, "c"),
                             entry(1, 90, kArchSpecific, "d"), entry(1, 120, 0, "e")});
  const auto entries = read_fatbin(whole);
  const auto chosen = [&](const char* arch) { return choose_ptx(entries, *find_arch(arch)); };
  EXPECT_EQ(chosen("sm_80"), 1);
  EXPECT_EQ(chosen("sm_89"), 2);
  EXPECT_EQ(chosen("sm_90a"), 4);
  EXPECT_EQ(chosen("sm_100"), 3);
  EXPECT_EQ(chosen("sm_120"), 5);
  const auto machine_code = fatbin({entry(2, 80, 0, "elf")});
  EXPECT_EQ(choose_ptx(read_fatbin(machine_code), *find_arch("sm_80")), -1);
  EXPECT_EQ(describe(read_fatbin(machine_code)), "sm_80 (machine code)");
}

TEST(Launcher, RefusesWhatItCannotServe) {
  ElfFacts facts;
  facts.elf = facts.dynamic = facts.device_code = true;
  facts.needed = {"libstdc++.so.6", "libc.so.6"};
  EXPECT_NE(refusal(facts, "p").find("nvcc -cudart shared"), std::string::npos);
  facts.needed.push_back("libcudart.so.12");
  EXPECT_NE(refusal(facts, "p").find("CUDA 13"), std::string::npos);
  facts.needed.back() = "libcudart.so.13";
  EXPECT_EQ(refusal(facts, "p"), "");
  EXPECT_EQ(note(facts), "");
  facts.needed.push_back("libcublas.so.13");
  EXPECT_EQ(refusal(facts, "p"), "");
  EXPECT_NE(note(facts).find("libcublas.so.13"), std::string::npos);
  facts.needed.push_back("libcuda.so.1");
  EXPECT_NE(refusal(facts, "p").find("the driver API"), std::string::npos);
  EXPECT_EQ(refusal(ElfFacts{}, "script"), "");
}

TEST(Launcher, DamagedElfFilesAreReadWithoutOverrun) {
  std::vector<char> self;
  auto* file = std::fopen("/proc/self/exe", "rb");
  ASSERT_NE(file, nullptr);
  self.resize(1 << 16);
  self.resize(std::fread(self.data(), 1, self.size(), file));
  std::fclose(file);
  EXPECT_TRUE(read_elf(std::as_bytes(std::span(self))).elf);
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    auto damaged = self;
    for (int i = 0; i < 8; ++i) damaged[random() % 64] = static_cast<char>(random());
    std::memcpy(damaged.data(), self.data(), 20);
    read_elf(std::as_bytes(std::span(damaged)).first(random() % damaged.size()));
  }
}

}  // namespace
}  // namespace ptxvm
