// SPDX-License-Identifier: Apache-2.0
// Replies and frames of a server beside execd, as bytes.
#include "execd/http_client.h"

#include <gtest/gtest.h>

#include "execd/kernel_messages.h"

namespace osbx::execd {
namespace {

TEST(ServerUrl, NamesAnAddressAPortAndAPath) {
  const auto full = ParseServerUrl("http://localhost:44771/base//");
  ASSERT_TRUE(full);
  EXPECT_EQ(full->ip, "127.0.0.1");
  EXPECT_EQ(full->port, 44771);
  EXPECT_EQ(full->host, "localhost:44771");
  EXPECT_EQ(full->path, "/base");
  EXPECT_EQ(ParseServerUrl("http://10.0.0.1")->port, 80);
  for (const char* wrong : {"https://127.0.0.1", "ftp://127.0.0.1", "http://", "http://example.org",
                            "http://127.0.0.1:0", "http://127.0.0.1:65536", "http://127.0.0.1:x"}) {
    EXPECT_FALSE(ParseServerUrl(wrong)) << wrong;
  }
}

TEST(ClientReply, HasItsBodyByLengthInChunksOrToTheEnd) {
  EXPECT_EQ(ParseReply("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabcdef")->body, "abc");
  EXPECT_EQ(ParseReply("HTTP/1.1 201 Created\r\n\r\nall of it")->body, "all of it");
  EXPECT_EQ(ParseReply("HTTP/1.1 404 No\r\nTransfer-Encoding: Chunked\r\n\r\n"
                       "3;x=y\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
                ->body,
            "abcde");
  for (const char* wrong :
       {"", "HTTP/1.1 200 OK\r\n", "SSH-2.0\r\n\r\n", "HTTP/1.1 2x0 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nabc"}) {
    EXPECT_FALSE(ParseReply(wrong)) << wrong;
  }
}

std::string Unmasked(unsigned first, std::string_view payload) {
  return std::string{static_cast<char>(first), static_cast<char>(payload.size())}.append(payload);
}

TEST(FrameReader, PutsMessagesTogetherFromPiecesOfAnySize) {
  const std::string bytes = Unmasked(0x01, "one ") + Unmasked(0x89, "ping") +
                            Unmasked(0x00, "two ") + Unmasked(0x80, "three") +
                            std::string("\x82\x7E\x01\x00", 4) + std::string(256, 'b');
  for (std::size_t piece = 1; piece < 9; ++piece) {
    FrameReader reader;
    std::vector<FrameReader::Message> messages;
    for (std::size_t i = 0; i < bytes.size(); i += piece) {
      reader.Feed(std::string_view(bytes).substr(i, piece));
      for (auto next = reader.Next(); next && *next; next = reader.Next()) {
        messages.push_back(**next);
      }
    }
    ASSERT_EQ(messages.size(), 3U);
    EXPECT_EQ(messages[0].opcode, Opcode::kPing);
    EXPECT_EQ(messages[1].payload, "one two three");
    EXPECT_EQ(messages[1].opcode, Opcode::kText);
    EXPECT_EQ(messages[2].payload, std::string(256, 'b'));
  }
}

TEST(FrameReader, RefusesWhatNoServerMaySend) {
  const std::string frames[] = {
      Unmasked(0x83, "x"),                                         // unknown opcode
      Unmasked(0xC1, "x"),                                         // a reserved bit
      std::string("\x81\x81mask"),                                 // masked
      Unmasked(0x80, "x"),                                         // continues nothing
      Unmasked(0x01, "x") + Unmasked(0x01, "y"),                   // starts anew in between
      Unmasked(0x09, "x"),                                         // a ping in pieces
      std::string("\x89\x7E\x00\x7E", 4),                          // a long ping
      std::string("\x82\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 10)  // longer than anything
  };
  for (const std::string& frame : frames) {
    FrameReader reader;
    reader.Feed(frame);
    EXPECT_FALSE(reader.Next()) << ::testing::PrintToString(frame);
  }
}

TEST(MaskedFrame, HidesItsPayloadUnderTheMask) {
  EXPECT_EQ(MaskedFrame(Opcode::kText, "ab", 0x01020304), std::string("\x81\x82\x01\x02\x03\x04"
                                                                      "\x60\x60"));
  EXPECT_EQ(MaskedFrame(Opcode::kText, std::string(126, 'x'), 0).size(), 126U + 8);
  EXPECT_EQ(MaskedFrame(Opcode::kText, std::string(65536, 'x'), 0).size(), 65536U + 14);
}

TEST(Execution, HeedsOnlyItsOwnMessages) {
  Execution execution("mine");
  for (
      const char* noise :
      {"", "{", "[]", "{}", R"({"parent_header":{"msg_id":"mine"}})",
       R"({"parent_header":{"msg_id":"other"},"header":{"msg_type":"error"},"content":{}})",
       R"({"parent_header":{"msg_id":"mine"},"header":{"msg_type":"stream"},"content":{"name":1}})",
       R"({"parent_header":{"msg_id":"mine"},"header":{"msg_type":"execute_result"},"content":7})"}) {
    EXPECT_EQ(execution.Take(noise), "") << noise;
  }
  EXPECT_FALSE(execution.Done());
  execution.Take(R"({"parent_header":{"msg_id":"mine"},"header":{"msg_type":"execute_reply"},
                     "content":{"status":"aborted"}})");
  execution.Take(R"({"parent_header":{"msg_id":"mine"},"header":{"msg_type":"status"},
                     "content":{"execution_state":"idle"}})");
  EXPECT_TRUE(execution.Done());
  EXPECT_NE(execution.Failure(), "");
}

}  // namespace
}  // namespace osbx::execd
