// SPDX-License-Identifier: Apache-2.0
#include "execd/multipart.h"

#include <algorithm>
#include <cctype>

namespace osbx::execd {
namespace {

bool SameWord(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) ==
           std::tolower(static_cast<unsigned char>(y));
  });
}

std::string_view Trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// The value of `name` among "; name=value; name="value"" with backslash escapes. False: absent.
bool ParameterOf(std::string_view text, std::string_view name, std::string& value) {
  while (!text.empty()) {
    const std::size_t start = text.find(';');
    if (start == std::string_view::npos) return false;
    text.remove_prefix(start + 1);
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) return false;
    const std::string_view key = Trim(text.substr(0, equals));
    text.remove_prefix(equals + 1);
    std::string found;
    if (text.starts_with('"')) {
      text.remove_prefix(1);
      while (!text.empty() && text.front() != '"') {
        if (text.front() == '\\' && text.size() > 1) text.remove_prefix(1);
        found += text.front();
        text.remove_prefix(1);
      }
    } else {
      found = Trim(text.substr(0, text.find(';')));
    }
    if (!SameWord(key, name)) continue;
    value = std::move(found);
    return true;
  }
  return false;
}

}  // namespace

std::string BoundaryOf(std::string_view content_type) {
  std::string boundary;
  const std::string_view type = Trim(content_type.substr(0, content_type.find(';')));
  if (!SameWord(type, "multipart/form-data")) return {};
  ParameterOf(content_type, "boundary", boundary);
  return boundary;
}

MultipartParser::MultipartParser(std::string_view boundary, Sink sink)
    : delimiter_("\r\n--" + std::string(boundary)), sink_(std::move(sink)) {
  buffer_ = "\r\n";  // the first boundary may stand at the very beginning
}

Result<> MultipartParser::Feed(std::string_view bytes) {
  constexpr std::size_t kPiece = 64U << 10;  // bounds the buffer whatever is fed
  while (!bytes.empty() && state_ != State::kDone) {
    const std::string_view piece = bytes.substr(0, kPiece);
    buffer_ += piece;
    bytes.remove_prefix(piece.size());
    while (true) {
      OSBX_TRY(const bool more, Step());
      if (!more) break;
    }
  }
  return {};
}

Result<bool> MultipartParser::Step() {
  if (state_ == State::kDone) return false;
  if (state_ == State::kAfterBoundary) {
    if (buffer_.size() < 2) return false;
    if (buffer_.starts_with("--")) {
      state_ = State::kDone;
      return false;
    }
    const std::size_t end = buffer_.find("\r\n");
    if (end == std::string::npos) {
      if (buffer_.size() > kMostHeaders) return Error(Code::kInvalid, "malformed boundary line");
      return false;
    }
    if (!Trim(std::string_view(buffer_).substr(0, end)).empty()) {
      return Error(Code::kInvalid, "malformed boundary line");
    }
    buffer_.erase(0, end);  // the line end may belong to the empty line after no headers
    state_ = State::kHeaders;
    return true;
  }
  if (state_ == State::kHeaders) {
    const std::size_t end = buffer_.find("\r\n\r\n");
    if (end == std::string::npos) {
      if (buffer_.size() > kMostHeaders) return Error(Code::kInvalid, "part headers too long");
      return false;
    }
    OSBX_CHECK(BeginPart(std::string_view(buffer_).substr(0, end)));
    buffer_.erase(0, end + 4);
    state_ = State::kData;
    return true;
  }
  const std::size_t found = buffer_.find(delimiter_);
  const std::size_t keep = std::min(buffer_.size(), delimiter_.size() - 1);
  const std::size_t ready = found == std::string::npos ? buffer_.size() - keep : found;
  if (state_ == State::kData && ready > 0) {
    OSBX_CHECK(sink_.data(std::string_view(buffer_).substr(0, ready)));
  }
  buffer_.erase(0, ready);
  if (found == std::string::npos) return false;
  if (state_ == State::kData) OSBX_CHECK(sink_.end());
  buffer_.erase(0, delimiter_.size());
  state_ = State::kAfterBoundary;
  return true;
}

Result<> MultipartParser::BeginPart(std::string_view headers) {
  std::string name;
  std::string file;
  bool is_file = false;
  while (!headers.empty()) {
    const std::string_view line = headers.substr(0, headers.find("\r\n"));
    headers.remove_prefix(std::min(line.size() + 2, headers.size()));
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    if (!SameWord(Trim(line.substr(0, colon)), "content-disposition")) continue;
    ParameterOf(line.substr(colon + 1), "name", name);
    is_file = ParameterOf(line.substr(colon + 1), "filename", file);
  }
  return sink_.begin(name, is_file);
}

Result<> MultipartParser::Finish() const {
  if (state_ == State::kDone) return {};
  return Error(Code::kInvalid, "the form breaks off");
}

}  // namespace osbx::execd
