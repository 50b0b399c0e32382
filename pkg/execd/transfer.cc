// SPDX-License-Identifier: Apache-2.0
#include "execd/transfer.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <charconv>
#include <ctime>
#include <deque>

#include <nlohmann/json.hpp>

#include "execd/answers.h"
#include "execd/byte_range.h"
#include "execd/files.h"
#include "execd/multipart.h"
#include "http/body.h"

namespace osbx::execd {
namespace {

using http::Request;
using http::Response;

constexpr std::size_t kPiece = 128U << 10;
constexpr std::size_t kMostAtOnce = 1U << 20;  // a larger file gets a thread of its own
constexpr std::size_t kMostMetadata = 64U << 10;
constexpr std::size_t kMostLines = 16U << 20;  // of an answer by lines

// ---- upload

// Pairs the n-th metadata part with the n-th file part; SDKs alternate them. Files are written as
// they come when their metadata has, which is the order all clients send.
class Uploads {
 public:
  explicit Uploads(const Context& context) : context_(context) {}

  Result<> Begin(std::string_view name, bool is_file) {
    part_ = name == "metadata" ? Part::kMetadata : name == "file" ? Part::kFile : Part::kOther;
    if (!is_file) part_ = Part::kOther;
    text_.clear();
    if (part_ != Part::kFile) return {};
    if (next_ == targets_.size()) {
      code_ = targets_.empty() ? "INVALID_FILE_METADATA" : "INVALID_FILE";
      return Error(Code::kInvalid, "a file part comes before its metadata");
    }
    OSBX_TRY(NewFile file, NewFile::Open(targets_[next_].path));
    file_.emplace(std::move(file));
    return {};
  }

  Result<> Data(std::string_view bytes) {
    if (part_ == Part::kFile) return file_->Write(bytes);
    if (part_ == Part::kMetadata) text_ += bytes;
    if (text_.size() <= kMostMetadata) return {};
    code_ = "INVALID_FILE_METADATA";
    return Error(Code::kInvalid, "metadata too long");
  }

  Result<> End() {
    if (part_ == Part::kMetadata) return ReadMetadata();
    if (part_ != Part::kFile) return {};
    auto done = file_->Commit(targets_[next_].permission);
    file_.reset();
    ++next_;
    return done;
  }

  Result<> Check() {
    if (targets_.empty()) {
      code_ = "INVALID_FILE_METADATA";
      return Error(Code::kInvalid, "metadata is missing");
    }
    if (next_ == 0) code_ = "INVALID_FILE_CONTENT";
    if (next_ != targets_.size()) return Error(Code::kInvalid, "a file part is missing");
    return {};
  }

  const char* code() const { return code_; }  // of a client's mistake

 private:
  enum class Part { kMetadata, kFile, kOther };
  struct Target {
    std::string path;
    Permission permission;
  };

  Result<> ReadMetadata() {
    code_ = "INVALID_FILE_METADATA";
    const Json json = Json::parse(text_, nullptr, false);
    if (!json.is_object()) return Error(Code::kInvalid, "metadata is not a JSON object");
    OSBX_TRY(const std::string given, StringOf(json, "path"));
    Target target;
    OSBX_TRY(target.path, context_.Path(given));
    OSBX_TRY(target.permission, ReadPermission(json));
    targets_.push_back(std::move(target));
    code_ = "INVALID_FILE";
    return {};
  }

  const Context& context_;
  Part part_ = Part::kOther;
  std::string text_;
  std::vector<Target> targets_;
  std::size_t next_ = 0;
  std::optional<NewFile> file_;
  const char* code_ = "INVALID_FILE";
};

Result<> Receive(const Request& request, Uploads& uploads) {
  const std::string boundary = BoundaryOf(request.HeaderOf("Content-Type"));
  if (boundary.empty()) return Error(Code::kInvalid, "not a multipart form");
  MultipartParser parser(
      boundary,
      {.begin = [&](std::string_view name, bool file) { return uploads.Begin(name, file); },
       .data = [&](std::string_view bytes) { return uploads.Data(bytes); },
       .end = [&] { return uploads.End(); }});
  while (true) {
    OSBX_TRY(const std::string bytes, request.stream->Read());
    if (bytes.empty()) break;
    OSBX_CHECK(parser.Feed(bytes));
  }
  OSBX_CHECK(parser.Finish());
  return uploads.Check();
}

// ---- download

std::string HttpDate(std::time_t time) {
  std::tm utc{};
  gmtime_r(&time, &utc);
  std::array<char, 64> text{};
  std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &utc);
  return text.data();
}

std::string Disposition(const std::string& path) {
  const std::string name = path.substr(path.rfind('/') + 1);
  bool plain = true;
  for (const char c : name) plain = plain && c >= ' ' && c < 0x7F && c != '"' && c != '\\';
  if (plain) return "attachment; filename=\"" + name + "\"";
  const std::string encoded = http::PercentEncode(name);
  return "attachment; filename=\"" + encoded + "\"; filename*=UTF-8''" + encoded;
}

std::string ReadAt(int fd, std::uint64_t offset, std::size_t size) {
  std::string bytes(size, '\0');
  std::size_t got = 0;
  while (got < size) {
    const ssize_t n = pread(fd, bytes.data() + got, size - got, static_cast<off_t>(offset + got));
    if (n <= 0) break;
    got += static_cast<std::size_t>(n);
  }
  bytes.resize(got);
  return bytes;
}

void SendFile(const std::shared_ptr<UniqueFd>& file, ByteRange range, const http::StreamPtr& out) {
  while (range.size > 0) {
    std::string bytes =
        ReadAt(file->Get(), range.first, std::min<std::uint64_t>(range.size, kPiece));
    if (bytes.empty()) {  // the file was cut meanwhile: the client must not take it for whole
      out->Abort();
      return;
    }
    range.first += bytes.size();
    range.size -= bytes.size();
    if (!out->WriteAll(std::make_shared<const std::string>(std::move(bytes)))) return;
  }
}

// Lines `offset` (from 1) and following, at most `limit`, joined by "\n".
Response ByLines(const UniqueFd& fd, std::uint64_t offset, std::uint64_t limit) {
  std::string out;
  std::string rest;
  std::uint64_t line = 1;
  std::uint64_t taken = 0;
  const auto take = [&](std::string_view text) {
    if (text.ends_with('\r')) text.remove_suffix(1);
    if (line++ < offset || taken >= limit) return;
    if (taken++ > 0) out += '\n';
    out += text;
  };
  std::uint64_t at = 0;
  while (taken < limit && out.size() < kMostLines && rest.size() < kMostLines) {
    const std::string bytes = ReadAt(fd.Get(), at, kPiece);
    if (bytes.empty()) break;
    at += bytes.size();
    rest += bytes;
    std::size_t start = 0;
    for (std::size_t end = rest.find('\n'); end != std::string::npos;
         end = rest.find('\n', start)) {
      take(std::string_view(rest).substr(start, end - start));
      start = end + 1;
    }
    rest.erase(0, start);
  }
  if (!rest.empty()) take(rest);
  return Response::Text(200, std::move(out));
}

// An absent number is `otherwise`; false when it is not 1 or more.
bool LineNumber(const Request& request, const char* name, std::uint64_t& number) {
  const auto text = request.query.Find(name);
  if (!text) return true;
  const char* end = text->data() + text->size();
  const auto parsed = std::from_chars(text->data(), end, number);
  return parsed.ec == std::errc() && parsed.ptr == end && number >= 1;
}

Response WholeOrRange(const Request& request, const std::string& path, UniqueFd fd,
                      const struct stat& info) {
  const auto size = static_cast<std::uint64_t>(info.st_size);
  ByteRange range{.first = 0, .size = size};
  Response response{.content_type = "application/octet-stream"};
  if (const std::string_view header = request.HeaderOf("Range"); !header.empty()) {
    RangeFault fault{};
    const auto asked = ParseRange(header, size, fault);
    if (!asked) {
      Response refused = Fail(416, "UNKNOWN", "the range cannot be served");
      refused.headers.push_back({"Content-Range", "bytes */" + std::to_string(size)});
      return refused;
    }
    range = *asked;
    response.status = 206;
    response.headers.push_back({"Content-Range", "bytes " + std::to_string(range.first) + "-" +
                                                     std::to_string(range.first + range.size - 1) +
                                                     "/" + std::to_string(size)});
  }
  response.headers.push_back({"Accept-Ranges", "bytes"});
  response.headers.push_back({"Last-Modified", HttpDate(info.st_mtim.tv_sec)});
  response.headers.push_back({"Content-Disposition", Disposition(path)});
  if (range.size <= kMostAtOnce) {
    response.body = ReadAt(fd.Get(), range.first, range.size);
    return response;
  }
  const auto file = std::make_shared<UniqueFd>(std::move(fd));
  response.run = http::Where::kThread;
  response.stream = [file, range](const http::StreamPtr& out) { SendFile(file, range, out); };
  return response;
}

}  // namespace

Response Upload(const Context& context, const Request& request) {
  Uploads uploads(context);
  const auto received = Receive(request, uploads);
  if (received) return Empty();
  const Error& error = received.error();
  if (error.code() != Code::kInvalid || error.os_errno() != 0) return RuntimeError(error.message());
  return Fail(400, uploads.code(), error.message());
}

Response Download(const Context& context, const Request& request) {
  const std::string_view given = request.query.Get("path");
  if (given.empty()) return Fail(400, "MISSING_QUERY", "path is missing");
  const auto path = context.Path(given);
  if (!path) return BadBody(path.error().message());
  const bool lines = request.query.Find("offset") || request.query.Find("limit");
  std::uint64_t offset = 1;
  std::uint64_t limit = UINT64_MAX;
  if (!LineNumber(request, "offset", offset) || !LineNumber(request, "limit", limit)) {
    return BadBody("offset and limit are whole numbers of 1 or more");
  }
  if (lines && request.HasHeader("Range")) return BadBody("lines and Range exclude each other");
  // Not waiting for the other end of a FIFO.
  UniqueFd fd(open(path->c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat info {};
  if (!fd || fstat(fd.Get(), &info) != 0) {
    const Error error = Error::FromErrno(errno, *path);
    if (error.code() == Code::kNotFound) return Fail(404, "FILE_NOT_FOUND", error.message());
    return RuntimeError(error.message());
  }
  if (!S_ISREG(info.st_mode)) return RuntimeError(*path + " is not a regular file");
  if (lines) return ByLines(fd, offset, limit);
  return WholeOrRange(request, *path, std::move(fd), info);
}

}  // namespace osbx::execd
