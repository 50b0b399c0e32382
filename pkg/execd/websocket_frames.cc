// SPDX-License-Identifier: Apache-2.0
#include "execd/websocket_frames.h"

#include <algorithm>
#include <array>

namespace osbx::execd {
namespace {

constexpr unsigned kLast = 0x80;
constexpr unsigned kReserved = 0x70;
constexpr unsigned kMasked = 0x80;
constexpr std::size_t kSize16 = 126;  // the length follows in two bytes
constexpr std::size_t kSize64 = 127;  // … in eight
constexpr std::size_t kMostControl = 125;

void AppendBigEndian(std::string& out, std::uint64_t value, unsigned bytes) {
  for (unsigned i = bytes; i > 0; --i) out += static_cast<char>((value >> (8 * (i - 1))) & 0xFFU);
}

bool IsControl(Opcode opcode) {
  return opcode >= Opcode::kClose;
}

bool Known(unsigned opcode) {
  return opcode <= 2 || (opcode >= 8 && opcode <= 10);
}

}  // namespace

std::string MaskedFrame(Opcode opcode, std::string_view payload, std::uint32_t mask) {
  std::string frame(1, static_cast<char>(kLast | static_cast<unsigned>(opcode)));
  if (payload.size() < kSize16) {
    AppendBigEndian(frame, kMasked | payload.size(), 1);
  } else if (payload.size() <= UINT16_MAX) {
    AppendBigEndian(frame, kMasked | kSize16, 1);
    AppendBigEndian(frame, payload.size(), 2);
  } else {
    AppendBigEndian(frame, kMasked | kSize64, 1);
    AppendBigEndian(frame, payload.size(), 8);
  }
  const std::size_t key = frame.size();
  AppendBigEndian(frame, mask, 4);
  for (std::size_t i = 0; i < payload.size(); ++i) {
    frame += static_cast<char>(payload[i] ^ frame[key + i % 4]);
  }
  return frame;
}

Result<std::optional<FrameReader::Frame>> FrameReader::ParseHeader() const {
  const auto byte = [this](std::size_t i) { return static_cast<unsigned char>(buffer_[i]); };
  if (buffer_.size() < 2) return std::optional<Frame>();
  const unsigned opcode = byte(0) & 0x0FU;
  if ((byte(0) & kReserved) != 0 || !Known(opcode)) {
    return Error(Code::kInvalid, "a frame of an unknown kind");
  }
  if ((byte(1) & kMasked) != 0) return Error(Code::kInvalid, "a masked frame from a server");
  Frame frame{.last = (byte(0) & kLast) != 0,
              .opcode = static_cast<Opcode>(opcode),
              .header_size = 2,
              .size = byte(1) & 0x7FU};
  if (IsControl(frame.opcode) && (!frame.last || frame.size > kMostControl)) {
    return Error(Code::kInvalid, "a control frame that is long or in pieces");
  }
  if (frame.size >= kSize16) {
    frame.header_size += frame.size == kSize16 ? 2 : 8;
    if (buffer_.size() < frame.header_size) return std::optional<Frame>();
    frame.size = 0;
    for (std::size_t i = 2; i < frame.header_size; ++i) {
      if (frame.size > kMostMessage) break;  // too much already; the shift must not lose it
      frame.size = (frame.size << 8U) | byte(i);
    }
  }
  const std::size_t before = partial_ ? partial_->payload.size() : 0;
  if (frame.size > kMostMessage - std::min(before, kMostMessage)) {
    return Error(Code::kInvalid, "a message that is too long");
  }
  return std::optional(frame);
}

Result<std::optional<FrameReader::Message>> FrameReader::Next() {
  while (true) {
    OSBX_TRY(const std::optional<Frame> frame, ParseHeader());
    if (!frame || buffer_.size() - frame->header_size < frame->size) {
      return std::optional<Message>();
    }
    std::string payload = buffer_.substr(frame->header_size, frame->size);
    buffer_.erase(0, frame->header_size + frame->size);
    if (IsControl(frame->opcode)) return std::optional(Message{frame->opcode, std::move(payload)});
    const bool continues = frame->opcode == Opcode::kContinuation;
    if (continues != partial_.has_value()) {
      return Error(Code::kInvalid, "the pieces of a message do not fit together");
    }
    if (!partial_) partial_.emplace(Message{frame->opcode, ""});
    partial_->payload += payload;
    if (frame->last) return std::exchange(partial_, std::nullopt);
  }
}

}  // namespace osbx::execd
