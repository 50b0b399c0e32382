// SPDX-License-Identifier: Apache-2.0
// Operations on one object.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cctype>
#include <cerrno>
#include <cstdlib>

#include "fakes/oss_server/exchange.h"

namespace osbx::fakes {
namespace {

constexpr std::size_t kCopyBytes = 256UL * 1024;

ObjectStore::PutOptions PutOptionsOf(const Exchange& exchange) {
  return {exchange.DialectHeader("forbid-overwrite") == "true"};
}

// Sets size, ETag and CRC from what was written. OSS writes an ETag in capitals, S3 does not.
void TakeDigest(const Exchange& exchange, BlobWriter& blob, Object& object) {
  object.size_bytes = blob.digest().size_bytes();
  object.crc64 = blob.digest().crc64();
  object.etag = HexEncode(blob.digest().Md5Raw());
  if (exchange.s3()) return;
  for (char& c : object.etag) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
}

Response PutObject(Exchange& exchange) {
  auto blob = exchange.store.NewBlob(exchange.bucket);
  if (!blob.has_value()) return FromError(exchange, blob.error());
  if (auto problem = ReceiveBody(exchange, *blob)) return *std::move(problem);
  Object object;
  TakeMetadata(exchange, object);
  TakeDigest(exchange, *blob, object);
  Response response;
  response.headers["ETag"] = Quoted(object.etag);
  response.headers["x-oss-hash-crc64ecma"] = std::to_string(object.crc64);
  const auto put = exchange.store.Put(exchange.bucket, exchange.key, std::move(object),
                                      *std::move(blob), PutOptionsOf(exchange));
  if (!put.has_value()) return FromError(exchange, put.error());
  return response;
}

Response CopyObject(Exchange& exchange) {
  const auto source = ParseCopySource(exchange);
  if (!source) {
    return ErrorResponse(exchange, 400, "InvalidArgument", "Copy Source must mention a key.");
  }
  if (!exchange.caller.May(Access::kRead, source->bucket, source->key)) {
    return AccessDenied(exchange);
  }
  const auto from = exchange.store.Find(source->bucket, source->key);
  if (!from) return NoSuchKey(exchange);
  auto blob = exchange.store.LinkBlob(source->bucket, *from, exchange.bucket);
  if (!blob.has_value()) return FromError(exchange, blob.error());
  Object object = *from;
  if (ToLower(exchange.DialectHeader("metadata-directive")) == "replace") {
    object.meta.clear();
    object.headers.clear();
    TakeMetadata(exchange, object);
  }
  const std::string etag = object.etag;
  const auto put = exchange.store.Put(exchange.bucket, exchange.key, std::move(object),
                                      *std::move(blob), PutOptionsOf(exchange));
  if (!put.has_value()) return FromError(exchange, put.error());
  return XmlResponse("<CopyObjectResult><ETag>" + XmlEscape(Quoted(etag)) +
                     "</ETag><LastModified>" + IsoDate(std::time(nullptr)) +
                     "</LastModified></CopyObjectResult>");
}

Response PutSymlink(Exchange& exchange) {
  auto blob = exchange.store.NewBlob(exchange.bucket);
  if (!blob.has_value()) return FromError(exchange, blob.error());
  Object object;
  object.kind = "Symlink";
  object.symlink_target = UrlDecode(exchange.DialectHeader("symlink-target"));
  TakeMetadata(exchange, object);
  TakeDigest(exchange, *blob, object);
  const auto put = exchange.store.Put(exchange.bucket, exchange.key, std::move(object),
                                      *std::move(blob), PutOptionsOf(exchange));
  return put.has_value() ? Response{} : FromError(exchange, put.error());
}

Result<> CopyData(int fd, BlobWriter& blob) {
  std::array<char, kCopyBytes> bytes{};
  while (true) {
    const ssize_t count = ::read(fd, bytes.data(), bytes.size());
    if (count < 0) return Error::FromErrno(errno, "read object data");
    if (count == 0) return {};
    OSBX_CHECK(blob.Write({bytes.data(), static_cast<std::size_t>(count)}));
  }
}

// Blobs are immutable, so appending writes a new one.
Response AppendObject(Exchange& exchange) {
  const std::uint64_t position =
      std::strtoull(exchange.head.Parameter("position").c_str(), nullptr, 10);
  const auto old = exchange.store.FindOpen(exchange.bucket, exchange.key);
  if (old && old->object.kind != "Appendable") {
    return ErrorResponse(exchange, 409, "ObjectNotAppendable", "The object is not appendable.");
  }
  if (position != (old ? old->object.size_bytes : 0)) {
    return ErrorResponse(exchange, 409, "PositionNotEqualToLength",
                         "Position is not equal to file length.");
  }
  auto blob = exchange.store.NewBlob(exchange.bucket);
  if (!blob.has_value()) return FromError(exchange, blob.error());
  Object object;
  if (old) {
    object = old->object;
    if (const auto copied = CopyData(old->data.Get(), *blob); !copied.has_value()) {
      return FromError(exchange, copied.error());
    }
  } else {
    TakeMetadata(exchange, object);
  }
  object.kind = "Appendable";
  if (auto problem = ReceiveBody(exchange, *blob)) return *std::move(problem);
  TakeDigest(exchange, *blob, object);
  Response response;
  response.headers["x-oss-next-append-position"] = std::to_string(object.size_bytes);
  response.headers["x-oss-hash-crc64ecma"] = std::to_string(object.crc64);
  response.headers["ETag"] = Quoted(object.etag);
  const auto put =
      exchange.store.Put(exchange.bucket, exchange.key, std::move(object), *std::move(blob), {});
  return put.has_value() ? std::move(response) : FromError(exchange, put.error());
}

void DescribeObject(const Exchange& exchange, const Object& object, Response& response) {
  response.headers["ETag"] = Quoted(object.etag);
  response.headers["Last-Modified"] = HttpDate(object.modified);
  response.headers["Accept-Ranges"] = "bytes";
  response.headers["x-oss-object-type"] = object.kind;
  response.headers["x-oss-storage-class"] = "Standard";
  response.headers["x-oss-hash-crc64ecma"] = std::to_string(object.crc64);
  response.headers["Content-Type"] = "application/octet-stream";
  for (const auto& [name, value] : object.headers) {
    response.headers[name == "content-type" ? "Content-Type" : name] = value;
  }
  const std::string prefix = exchange.DialectName("meta-");
  for (const auto& [name, value] : object.meta) response.headers[prefix + name] = value;
}

Response GetObject(Exchange& exchange) {
  auto opened = exchange.store.FindOpen(exchange.bucket, exchange.key);
  if (opened && opened->object.kind == "Symlink" && !exchange.head.Has("symlink")) {
    const std::string target = opened->object.symlink_target;
    if (!exchange.May(Access::kRead, target)) return AccessDenied(exchange);
    opened = exchange.store.FindOpen(exchange.bucket, target);
  }
  if (!opened) return NoSuchKey(exchange);
  const Object& object = opened->object;
  Response response;
  DescribeObject(exchange, object, response);
  if (exchange.head.Has("symlink")) {
    if (object.kind != "Symlink") {
      return ErrorResponse(exchange, 400, "NotSymlink", "The object is not a symlink.");
    }
    response.headers["x-oss-symlink-target"] = UrlEncode(object.symlink_target, Slash::kKeep);
    return response;
  }
  response.file = std::move(opened->data);
  response.file_size = object.size_bytes;
  if (exchange.head.Has("objectMeta")) {
    response.file_size = 0;
    response.headers["Content-Length"] = std::to_string(object.size_bytes);
    return response;
  }
  const auto range = ParseRange(exchange.head.Header("range"), object.size_bytes);
  if (!range) return response;
  if (!range->satisfiable) {
    return ErrorResponse(exchange, 416, "InvalidRange", "The requested range cannot be satisfied.");
  }
  response.status = 206;
  response.file_offset = range->first;
  response.file_size = range->size;
  response.headers["Content-Range"] = "bytes " + std::to_string(range->first) + "-" +
                                      std::to_string(range->first + range->size - 1) + "/" +
                                      std::to_string(object.size_bytes);
  return response;
}

Response ReadOperation(Exchange& exchange) {
  if (!exchange.May(Access::kRead, exchange.key)) return AccessDenied(exchange);
  if (exchange.head.Has("uploadId")) return ListParts(exchange);
  if (exchange.head.Has("acl")) {
    return XmlResponse(
        "<AccessControlPolicy><Owner><ID>osbx</ID><DisplayName>osbx</DisplayName></Owner>"
        "<AccessControlList><Grant>default</Grant></AccessControlList></AccessControlPolicy>");
  }
  return GetObject(exchange);
}

Response WriteOperation(Exchange& exchange) {
  const RequestHead& head = exchange.head;
  if (head.method == "PUT") {
    if (head.Has("uploadId")) return UploadPart(exchange);
    if (head.Has("acl")) return {};
    if (head.Has("symlink")) return PutSymlink(exchange);
    return HasCopySource(exchange) ? CopyObject(exchange) : PutObject(exchange);
  }
  if (head.method == "POST") {
    if (head.Has("uploads")) return StartUpload(exchange);
    if (head.Has("uploadId")) return CompleteUpload(exchange);
    if (head.Has("append")) return AppendObject(exchange);
  }
  if (head.method == "DELETE") {
    if (head.Has("uploadId")) return AbortUpload(exchange);
    exchange.store.Delete(exchange.bucket, exchange.key);
    Response response;
    response.status = 204;
    return response;
  }
  return ErrorResponse(exchange, 405, "MethodNotAllowed",
                       "The specified method is not allowed against this resource.");
}

}  // namespace

Response HandleObject(Exchange& exchange) {
  if (!exchange.store.HasBucket(exchange.bucket)) {
    return ErrorResponse(exchange, 404, "NoSuchBucket", "The specified bucket does not exist.");
  }
  if (exchange.head.method == "GET" || exchange.head.method == "HEAD") {
    return ReadOperation(exchange);
  }
  if (!exchange.May(Access::kWrite, exchange.key)) return AccessDenied(exchange);
  return WriteOperation(exchange);
}

}  // namespace osbx::fakes
