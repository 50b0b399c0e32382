// SPDX-License-Identifier: Apache-2.0
// Operations on the service and on buckets.
#include "fakes/oss_server/exchange.h"

namespace osbx::fakes {
namespace {

Response DeleteMany(Exchange& exchange) {
  const auto body = exchange.connection.ReadWholeBody(kXmlBodyLimitBytes);
  if (!body.has_value()) return FromError(exchange, body.error());
  const auto quiet = XmlTexts(*body, "Quiet");
  const bool verbose = quiet.empty() || quiet.front() != "true";
  std::string xml = "<DeleteResult>";
  for (const std::string& key : XmlTexts(*body, "Key")) {
    if (!exchange.May(Access::kWrite, key)) {
      if (!exchange.s3()) return AccessDenied(exchange);
      xml += "<Error><Key>" + XmlEscape(key) + "</Key><Code>AccessDenied</Code></Error>";
      continue;
    }
    exchange.store.Delete(exchange.bucket, key);
    if (verbose) xml += "<Deleted><Key>" + XmlEscape(key) + "</Key></Deleted>";
  }
  return XmlResponse(xml + "</DeleteResult>");
}

Response BucketFacts(const Exchange& exchange) {
  const RequestHead& head = exchange.head;
  if (head.Has("acl")) {
    return XmlResponse(
        "<AccessControlPolicy><Owner><ID>osbx</ID><DisplayName>osbx</DisplayName></Owner>"
        "<AccessControlList><Grant>private</Grant></AccessControlList></AccessControlPolicy>");
  }
  if (head.Has("location")) {
    return XmlResponse(exchange.s3() ? "<LocationConstraint></LocationConstraint>"
                                     : "<LocationConstraint>oss-local</LocationConstraint>");
  }
  if (head.Has("bucketInfo")) {
    return XmlResponse("<BucketInfo><Bucket><Name>" + exchange.bucket +
                       "</Name><Location>oss-local</Location><StorageClass>Standard</StorageClass>"
                       "<AccessControlList><Grant>private</Grant></AccessControlList></Bucket>"
                       "</BucketInfo>");
  }
  if (head.Has("stat")) {
    ListQuery all;
    all.limit = SIZE_MAX;
    const Listing listing = exchange.store.List(exchange.bucket, all);
    std::uint64_t bytes = 0;
    for (const auto& [key, object] : listing.objects) bytes += object.size_bytes;
    return XmlResponse("<BucketStat><Storage>" + std::to_string(bytes) + "</Storage><ObjectCount>" +
                       std::to_string(listing.objects.size()) + "</ObjectCount></BucketStat>");
  }
  return XmlResponse("<VersioningConfiguration></VersioningConfiguration>");
}

Response CreateBucket(Exchange& exchange) {
  if (!exchange.May(Access::kWrite, "")) return AccessDenied(exchange);
  const auto body = exchange.connection.ReadWholeBody(kXmlBodyLimitBytes);
  if (!body.has_value()) return FromError(exchange, body.error());
  if (!exchange.head.query.empty()) return {};  // ?acl and the like: accepted, kept nowhere
  const auto made = exchange.store.EnsureBucket(exchange.bucket);
  if (made.has_value()) return {};
  if (made.error().code() == Code::kInvalid) {
    return ErrorResponse(exchange, 400, "InvalidBucketName", "The specified bucket is not valid.");
  }
  return FromError(exchange, made.error());
}

Response DropBucket(Exchange& exchange) {
  if (!exchange.May(Access::kWrite, "")) return AccessDenied(exchange);
  const auto dropped = exchange.store.DeleteBucket(exchange.bucket);
  if (!dropped.has_value()) {
    if (dropped.error().code() == Code::kFailedPrecondition) {
      return ErrorResponse(exchange, 409, "BucketNotEmpty",
                           "The bucket you tried to delete is not empty.");
    }
    return FromError(exchange, dropped.error());
  }
  Response response;
  response.status = 204;
  return response;
}

Response NotAllowed(const Exchange& exchange) {
  return ErrorResponse(exchange, 405, "MethodNotAllowed",
                       "The specified method is not allowed against this resource.");
}

}  // namespace

Response HandleService(Exchange& exchange) {
  if (exchange.head.method != "GET") return NotAllowed(exchange);
  std::string xml =
      "<ListAllMyBucketsResult><Owner><ID>osbx</ID><DisplayName>osbx</DisplayName></Owner>"
      "<Buckets>";
  for (const std::string& name : exchange.store.Buckets()) {
    if (!exchange.caller.May(Access::kRead, name, "")) continue;
    xml += "<Bucket><Name>" + name + "</Name><CreationDate>" + IsoDate(0) +
           "</CreationDate><Location>oss-local</Location></Bucket>";
  }
  return XmlResponse(xml + "</Buckets></ListAllMyBucketsResult>");
}

Response HandleBucket(Exchange& exchange) {
  const RequestHead& head = exchange.head;
  if (head.method == "PUT") return CreateBucket(exchange);
  if (!exchange.store.HasBucket(exchange.bucket)) {
    return ErrorResponse(exchange, 404, "NoSuchBucket", "The specified bucket does not exist.");
  }
  if (head.method == "DELETE") return DropBucket(exchange);
  if (head.method == "POST" && head.Has("delete")) return DeleteMany(exchange);
  if (head.method == "HEAD") {
    return exchange.May(Access::kRead, "") ? Response{} : AccessDenied(exchange);
  }
  if (head.method != "GET") return NotAllowed(exchange);
  if (head.Has("uploads")) return ListUploads(exchange);
  for (const char* fact : {"acl", "location", "bucketInfo", "stat", "versioning"}) {
    if (!head.Has(fact)) continue;
    return exchange.May(Access::kRead, "") ? BucketFacts(exchange) : AccessDenied(exchange);
  }
  return ListObjects(exchange);
}

}  // namespace osbx::fakes
