// SPDX-License-Identifier: Apache-2.0
// ListObjects V1 and V2 (GET bucket), in both dialects.
#include <algorithm>
#include <cstdlib>

#include "fakes/oss_server/exchange.h"

namespace osbx::fakes {
namespace {

constexpr std::size_t kMaxKeys = 1000;
constexpr std::size_t kOssDefaultKeys = 100;

struct Names {
  bool encode = false;
  std::string operator()(const std::string& name) const {
    return encode ? UrlEncode(name, Slash::kKeep) : XmlEscape(name);
  }
};

std::string Element(std::string_view name, const std::string& text) {
  return "<" + std::string(name) + ">" + text + "</" + std::string(name) + ">";
}

std::string ContentsXml(const std::string& key, const Object& object, const Names& names) {
  return "<Contents>" + Element("Key", names(key)) +
         Element("LastModified", IsoDate(object.modified)) +
         Element("ETag", XmlEscape(Quoted(object.etag))) + Element("Type", object.kind) +
         Element("Size", std::to_string(object.size_bytes)) + Element("StorageClass", "Standard") +
         "<Owner><ID>osbx</ID><DisplayName>osbx</DisplayName></Owner></Contents>";
}

// A continuation token is opaque to the client: the hex of the last name listed.
std::string DecodeToken(const std::string& token) {
  std::string escaped;
  for (std::size_t i = 0; i + 1 < token.size(); i += 2) escaped += "%" + token.substr(i, 2);
  return UrlDecode(escaped);
}

// s3fs lists the whole bucket once at start whatever prefix it mounts. A key that is confined to a
// prefix of this bucket gets an empty list for it, which tells nothing and lets the mount live.
bool IsStartupCheck(const Exchange& exchange) {
  const auto& allow = exchange.caller.credential.allow;
  return exchange.s3() && exchange.head.query.empty() &&
         std::any_of(allow.begin(), allow.end(), [&](const std::string& rule) {
           return rule.starts_with(exchange.bucket + "/");
         });
}

}  // namespace

Response ListObjects(Exchange& exchange) {
  const RequestHead& head = exchange.head;
  const bool version2 = head.Parameter("list-type") == "2";
  const Names names{head.Parameter("encoding-type") == "url"};

  ListQuery query;
  query.prefix = head.Parameter("prefix");
  query.delimiter = head.Parameter("delimiter");
  query.limit = exchange.s3() ? kMaxKeys : kOssDefaultKeys;
  if (const std::string limit = head.Parameter("max-keys"); !limit.empty()) {
    query.limit = std::min<std::size_t>(std::strtoul(limit.c_str(), nullptr, 10), kMaxKeys);
  }
  const std::string token = head.Parameter("continuation-token");
  query.after = head.Parameter(version2 ? "start-after" : "marker");
  if (version2 && !token.empty()) query.after = DecodeToken(token);
  const bool may = exchange.May(Access::kRead, query.prefix);
  if (!may && !IsStartupCheck(exchange)) return AccessDenied(exchange);

  const Listing listing = may ? exchange.store.List(exchange.bucket, query) : Listing{};
  std::string xml = exchange.s3()
                        ? "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
                        : "<ListBucketResult>";
  xml += Element("Name", exchange.bucket) + Element("Prefix", names(query.prefix));
  xml += Element("MaxKeys", std::to_string(query.limit));
  if (!query.delimiter.empty()) xml += Element("Delimiter", names(query.delimiter));
  if (names.encode) xml += Element("EncodingType", "url");
  xml += Element("IsTruncated", listing.truncated ? "true" : "false");
  if (version2) {
    const std::size_t count = listing.objects.size() + listing.common_prefixes.size();
    xml += Element("KeyCount", std::to_string(count));
    if (!token.empty()) xml += Element("ContinuationToken", token);
    if (listing.truncated) xml += Element("NextContinuationToken", HexEncode(listing.next));
  } else {
    xml += Element("Marker", names(query.after));
    if (listing.truncated) xml += Element("NextMarker", names(listing.next));
  }
  for (const auto& [key, object] : listing.objects) xml += ContentsXml(key, object, names);
  for (const std::string& prefix : listing.common_prefixes) {
    xml += "<CommonPrefixes>" + Element("Prefix", names(prefix)) + "</CommonPrefixes>";
  }
  return XmlResponse(xml + "</ListBucketResult>");
}

}  // namespace osbx::fakes
