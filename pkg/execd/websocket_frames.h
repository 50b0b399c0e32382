// SPDX-License-Identifier: Apache-2.0
// RFC 6455 as a client speaks it: masked frames out, unmasked frames in. (The server's side is
// Beast's, in pkg/http.) Pure; one user at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace osbx::execd {

enum class Opcode : std::uint8_t {
  kContinuation = 0,
  kText = 1,
  kBinary = 2,
  kClose = 8,
  kPing = 9,
  kPong = 10,
};

// A whole message in one frame.
std::string MaskedFrame(Opcode opcode, std::string_view payload, std::uint32_t mask);

class FrameReader {
 public:
  static constexpr std::size_t kMostMessage = 64U << 20;

  struct Message {
    Opcode opcode = Opcode::kText;  // never a continuation
    std::string payload;
  };
  void Feed(std::string_view bytes) { buffer_ += bytes; }
  // The next whole message; empty when more bytes are needed. Control frames come in between.
  // kInvalid for what no server may send; then the connection is of no more use.
  Result<std::optional<Message>> Next();

 private:
  struct Frame {
    bool last = true;
    Opcode opcode = Opcode::kText;
    std::size_t header_size = 0;
    std::size_t size = 0;
  };
  Result<std::optional<Frame>> ParseHeader() const;

  std::string buffer_;
  std::optional<Message> partial_;  // the fragments so far
};

}  // namespace osbx::execd
