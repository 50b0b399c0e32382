// SPDX-License-Identifier: Apache-2.0
#include "fakes/oss_server/exchange.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/base64.h"
#include "base/ids.h"

namespace osbx::fakes {
namespace {

constexpr std::size_t kRequestIdBytes = 12;

std::optional<std::uint64_t> ParseNumber(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::string Exchange::DialectName(std::string_view name) const {
  return std::string(s3() ? "x-amz-" : "x-oss-") + std::string(name);
}

std::string Exchange::DialectHeader(std::string_view name) const {
  return head.Header(DialectName(name));
}

std::string Quoted(const std::string& etag) {
  return "\"" + etag + "\"";
}

Response XmlResponse(const std::string& body) {
  Response response;
  response.headers["Content-Type"] = "application/xml";
  response.body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + body;
  return response;
}

Response ErrorResponse(const Refusal& refusal, const std::string& resource) {
  Response response =
      XmlResponse("<Error><Code>" + refusal.code + "</Code><Message>" + XmlEscape(refusal.message) +
                  "</Message><RequestId>" + ToLower(RandomHex(kRequestIdBytes)) +
                  "</RequestId><HostId>" + XmlEscape(resource) + "</HostId></Error>");
  response.status = refusal.status;
  return response;
}

Response ErrorResponse(const Exchange& exchange, int status, std::string_view code,
                       std::string_view message) {
  return ErrorResponse(Refusal{status, std::string(code), std::string(message)}, exchange.bucket);
}

Response NoSuchKey(const Exchange& exchange) {
  return ErrorResponse(exchange, 404, "NoSuchKey", "The specified key does not exist.");
}

Response AccessDenied(const Exchange& exchange) {
  return ErrorResponse(exchange, 403, "AccessDenied",
                       "You have no right to access this object because of bucket acl.");
}

Response FromError(const Exchange& exchange, const Error& error) {
  switch (error.code()) {
    case Code::kNotFound:
      return ErrorResponse(exchange, 404, "NoSuchBucket", "The specified bucket does not exist.");
    case Code::kAlreadyExists:
      return ErrorResponse(exchange, 409, "FileAlreadyExists",
                           "The object you specified already exists and can not be overwritten.");
    case Code::kInvalid:
      return ErrorResponse(exchange, 400, "InvalidArgument", error.message());
    default:
      return ErrorResponse(exchange, 500, "InternalError", error.message());
  }
}

void TakeMetadata(const Exchange& exchange, Object& object) {
  static constexpr std::array<std::string_view, 6> kKept{"content-type",        "cache-control",
                                                         "content-disposition", "content-encoding",
                                                         "content-language",    "expires"};
  const std::string prefix = exchange.DialectName("meta-");
  for (const auto& [name, value] : exchange.head.headers) {
    if (name.starts_with(prefix)) object.meta[name.substr(prefix.size())] = value;
    if (std::find(kKept.begin(), kKept.end(), name) != kKept.end()) object.headers[name] = value;
  }
}

std::optional<Response> ReceiveBody(Exchange& exchange, BlobWriter& blob) {
  const std::string payload = exchange.head.Header("x-amz-content-sha256");
  if (payload.starts_with("STREAMING-")) {
    return ErrorResponse(exchange, 501, "NotImplemented", "aws-chunked bodies are not supported.");
  }
  const bool check_payload = !payload.empty() && payload != "UNSIGNED-PAYLOAD";
  if (check_payload) blob.digest().EnableSha256();
  while (true) {
    const auto piece = exchange.connection.ReadBody();
    if (!piece.has_value()) return FromError(exchange, piece.error());
    if (piece->empty()) break;
    if (const auto written = blob.Write(*piece); !written.has_value()) {
      return FromError(exchange, written.error());
    }
  }
  if (check_payload && blob.digest().Sha256Hex() != payload) {
    return ErrorResponse(exchange, 400, "XAmzContentSHA256Mismatch",
                         "The provided 'x-amz-content-sha256' header does not match.");
  }
  const std::string md5 = exchange.head.Header("content-md5");
  if (!md5.empty() && md5 != EncodeBase64(blob.digest().Md5Raw())) {
    return ErrorResponse(exchange, 400, "InvalidDigest",
                         "The Content-MD5 you sent does not match.");
  }
  return std::nullopt;
}

bool HasCopySource(const Exchange& exchange) {
  return !exchange.DialectHeader("copy-source").empty();
}

std::optional<CopySource> ParseCopySource(const Exchange& exchange) {
  std::string text = UrlDecode(exchange.DialectHeader("copy-source"));
  if (text.starts_with('/')) text.erase(0, 1);
  const std::size_t slash = text.find('/');
  if (slash == std::string::npos || slash == 0 || slash + 1 == text.size()) return std::nullopt;
  return CopySource{text.substr(0, slash), text.substr(slash + 1)};
}

std::optional<ByteRange> ParseRange(std::string_view text, std::uint64_t object_size) {
  constexpr std::string_view kUnit = "bytes=";
  if (!text.starts_with(kUnit)) return std::nullopt;
  text.remove_prefix(kUnit.size());
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto first = ParseNumber(text.substr(0, dash));
  const auto last = ParseNumber(text.substr(dash + 1));
  if (!first && !last) return std::nullopt;
  ByteRange range;
  if (!first) {
    range.size = std::min(*last, object_size);
    range.first = object_size - range.size;
    range.satisfiable = range.size > 0;
    return range;
  }
  if (last && *last < *first) return std::nullopt;
  range.first = *first;
  range.satisfiable = *first < object_size;
  if (!range.satisfiable) return range;
  const std::uint64_t end = last ? std::min(*last, object_size - 1) : object_size - 1;
  range.size = end - *first + 1;
  return range;
}

}  // namespace osbx::fakes
