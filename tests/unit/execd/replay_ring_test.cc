// SPDX-License-Identifier: Apache-2.0
#include "execd/replay_ring.h"

#include <gtest/gtest.h>

#include "execd/pty_protocol.h"

namespace osbx::execd {
namespace {

TEST(ReplayRing, KeepsTheLastBytesByTheirOffsets) {
  ReplayRing ring(8);
  EXPECT_EQ(ring.From(0), "");
  ring.Append("abc");
  EXPECT_EQ(ring.From(0), "abc");
  EXPECT_EQ(ring.From(2), "c");
  EXPECT_EQ(ring.From(3), "");
  ring.Append("defghij");  // ten in all
  EXPECT_EQ(ring.End(), 10U);
  EXPECT_EQ(ring.From(0), "cdefghij");
  EXPECT_EQ(ring.From(2), "cdefghij");
  EXPECT_EQ(ring.From(9), "j");
  EXPECT_EQ(ring.From(99), "");
  ring.Append("0123456789ABCDEF");
  EXPECT_EQ(ring.From(0), "89ABCDEF");
}

// Against a plain string, for pieces of all sizes around the bound.
TEST(ReplayRing, IsTheTailOfAllThatWasWritten) {
  ReplayRing ring(7);
  std::string all;
  for (std::size_t i = 0; i < 60; ++i) {
    std::string piece;
    for (std::size_t k = 0; k < i % 17; ++k) piece += static_cast<char>('a' + (i + k) % 26);
    ring.Append(piece);
    all += piece;
    const std::size_t first = all.size() - std::min<std::size_t>(7, all.size());
    for (std::size_t from = 0; from <= all.size(); ++from) {
      ASSERT_EQ(ring.From(from), all.substr(std::max(from, first))) << i << " " << from;
    }
  }
}

TEST(PtyProtocol, ReplayFramesCarryTheNextOffsetBigEndian) {
  EXPECT_EQ(ReplayFrame(0x0102, "x").data, std::string("\x03\0\0\0\0\0\0\x01\x02x", 10));
  EXPECT_EQ(ExitFrame(-1).data, R"({"exit_code":-1,"type":"exit"})");
}

TEST(PtyProtocol, InputIsReadFromBothKindsOfFrames) {
  using Kind = PtyInput::Kind;
  const auto binary = [](std::string data) { return ParsePtyInput({std::move(data), true}); };
  const auto text = [](std::string data) { return ParsePtyInput({std::move(data), false}); };
  EXPECT_EQ(binary(std::string("\0ls\n", 4)).data, "ls\n");
  EXPECT_EQ(binary("").kind, Kind::kIgnored);
  EXPECT_EQ(binary("\x07x").kind, Kind::kUnknown);
  EXPECT_EQ(text(R"({"type":"stdin","data":"a"})").data, "a");
  EXPECT_EQ(text(R"({"type":"signal","signal":"SIGTERM"})").signal, 15);
  EXPECT_EQ(text(R"({"type":"resize","cols":80,"rows":65535})").rows, 65535);
  EXPECT_EQ(text(R"({"type":"resize","cols":80,"rows":65536})").kind, Kind::kUnknown);
  EXPECT_EQ(text(R"({"type":"resize","cols":1.5,"rows":2})").kind, Kind::kUnknown);
  EXPECT_EQ(text(R"({"type":1})").kind, Kind::kUnknown);
  EXPECT_EQ(text("{").kind, Kind::kIgnored);
  EXPECT_EQ(text("[]").kind, Kind::kIgnored);
}

}  // namespace
}  // namespace osbx::execd
