// SPDX-License-Identifier: Apache-2.0
// One authenticated request on its way through the store, and the operations that answer it. Each
// operation checks the caller's rights for the keys it touches. Used by one thread.
#pragma once

#include <string>
#include <string_view>

#include "fakes/oss_server/auth.h"
#include "fakes/oss_server/http.h"
#include "fakes/oss_server/object_store.h"

namespace osbx::fakes {

struct Exchange {
  ObjectStore& store;
  Connection& connection;
  const RequestHead& head;
  std::string bucket;
  std::string key;
  Caller caller;

  bool May(Access access, const std::string& object_key) const {
    return caller.May(access, bucket, object_key);
  }
  bool s3() const { return caller.dialect == Dialect::kS3; }
  // "x-oss-meta-" or "x-amz-meta-", whichever the caller speaks; likewise for any "x-???-" header.
  std::string DialectName(std::string_view name) const;
  std::string DialectHeader(std::string_view name) const;
};

constexpr std::size_t kXmlBodyLimitBytes = 4 * 1024 * 1024;

// Protocol answers.
Response XmlResponse(const std::string& body);
Response ErrorResponse(const Refusal& refusal, const std::string& resource);
Response ErrorResponse(const Exchange& exchange, int status, std::string_view code,
                       std::string_view message);
Response NoSuchKey(const Exchange& exchange);
Response AccessDenied(const Exchange& exchange);
Response FromError(const Exchange& exchange, const Error& error);  // of the store or the connection
std::string Quoted(const std::string& etag);

// User metadata and content headers of the request, as a new object takes them.
void TakeMetadata(const Exchange& exchange, Object& object);
// Streams the body into the blob and checks Content-MD5 and the signed SHA-256.
// On success nothing; else what to answer.
std::optional<Response> ReceiveBody(Exchange& exchange, BlobWriter& blob);

struct CopySource {
  std::string bucket;
  std::string key;
};
bool HasCopySource(const Exchange& exchange);
std::optional<CopySource> ParseCopySource(const Exchange& exchange);

// "bytes=0-9" against a size; nothing when there is no (valid) range to apply.
struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t size = 0;
  bool satisfiable = true;
};
std::optional<ByteRange> ParseRange(std::string_view text, std::uint64_t object_size);

Response HandleService(Exchange& exchange);
Response HandleBucket(Exchange& exchange);
Response HandleObject(Exchange& exchange);

// Multipart uploads (multipart.cc).
Response StartUpload(Exchange& exchange);
Response UploadPart(Exchange& exchange);
Response CompleteUpload(Exchange& exchange);
Response AbortUpload(Exchange& exchange);
Response ListParts(Exchange& exchange);
Response ListUploads(Exchange& exchange);

// Lists of objects (listing.cc).
Response ListObjects(Exchange& exchange);

}  // namespace osbx::fakes
