// SPDX-License-Identifier: Apache-2.0
#include "fakes/oss_server/object_store.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>

#include <nlohmann/json.hpp>

#include "base/ids.h"
#include "base/json.h"
#include "fakes/oss_wire/encoding.h"

namespace osbx::fakes {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kIdBytes = 12;
constexpr std::size_t kBucketNameMin = 3;
constexpr std::size_t kBucketNameMax = 63;

bool ValidBucketName(const std::string& name) {
  if (name.size() < kBucketNameMin || name.size() > kBucketNameMax) return false;
  if (name.front() == '-' || name.back() == '-') return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

// Keys and values are percent-encoded: they may hold bytes that JSON text may not.
Json EncodeMap(const Headers& map) {
  Json json = Json::object();
  for (const auto& [name, value] : map) json[name] = UrlEncode(value, Slash::kKeep);
  return json;
}

Headers DecodeMap(const Json& json) {
  Headers map;
  for (const auto& [name, value] : json.items()) map[name] = UrlDecode(value.get<std::string>());
  return map;
}

std::string EncodeLine(const std::string& key, const Object* object) {
  Json json{{"key", UrlEncode(key, Slash::kKeep)}};
  if (object != nullptr) {
    json["blob"] = object->blob;
    json["size"] = object->size_bytes;
    json["etag"] = object->etag;
    json["crc64"] = object->crc64;
    json["modified"] = object->modified;
    json["kind"] = object->kind;
    json["target"] = UrlEncode(object->symlink_target, Slash::kKeep);
    json["meta"] = EncodeMap(object->meta);
    json["headers"] = EncodeMap(object->headers);
  }
  return json.dump() + "\n";
}

// False for a line that does not parse: only the last one can be torn.
bool ApplyLine(const std::string& line, std::map<std::string, Object>& objects) {
  const Json json = Json::parse(line, nullptr, false);
  if (json.is_discarded() || !json.is_object()) return false;
  const std::string key = UrlDecode(json.at("key").get<std::string>());
  if (!json.contains("blob")) {
    objects.erase(key);
    return true;
  }
  Object object;
  object.blob = json.at("blob").get<std::string>();
  object.size_bytes = json.at("size").get<std::uint64_t>();
  object.etag = json.at("etag").get<std::string>();
  object.crc64 = json.at("crc64").get<std::uint64_t>();
  object.modified = json.at("modified").get<std::time_t>();
  object.kind = json.at("kind").get<std::string>();
  object.symlink_target = UrlDecode(json.at("target").get<std::string>());
  object.meta = DecodeMap(json.at("meta"));
  object.headers = DecodeMap(json.at("headers"));
  objects[key] = std::move(object);
  return true;
}

Result<> WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Error::FromErrno(errno, "write object data");
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

Result<> MakeDirectories(const std::string& path) {
  std::error_code problem;
  fs::create_directories(path, problem);
  if (problem) return Error::FromErrno(problem.value(), "create " + path);
  return {};
}

}  // namespace

BlobWriter::BlobWriter(std::string path, std::string id, UniqueFd fd)
    : path_(std::move(path)), id_(std::move(id)), fd_(std::move(fd)) {}

BlobWriter::BlobWriter(BlobWriter&& other) noexcept
    : path_(std::exchange(other.path_, {})),
      id_(std::move(other.id_)),
      fd_(std::move(other.fd_)),
      digest_(std::move(other.digest_)) {}

BlobWriter::~BlobWriter() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

Result<> BlobWriter::Write(std::string_view bytes) {
  digest_.Update(bytes);
  return WriteAll(fd_.Get(), bytes);
}

Result<std::unique_ptr<ObjectStore>> ObjectStore::Open(const std::string& directory) {
  OSBX_CHECK(MakeDirectories(directory));
  std::unique_ptr<ObjectStore> store(new ObjectStore(directory));
  std::error_code problem;
  for (const auto& entry : fs::directory_iterator(directory, problem)) {
    if (entry.is_directory() && ValidBucketName(entry.path().filename())) {
      OSBX_CHECK(store->EnsureBucket(entry.path().filename()));
    }
  }
  if (problem) return Error::FromErrno(problem.value(), "read " + directory);
  return store;
}

Result<> ObjectStore::EnsureBucket(const std::string& name) {
  if (!ValidBucketName(name)) return Error(Code::kInvalid, "bucket name " + name);
  const std::lock_guard lock(mutex_);
  if (buckets_.contains(name)) return {};
  return LoadBucket(name);
}

Result<> ObjectStore::LoadBucket(const std::string& name) {
  const std::string root = directory_ + "/" + name;
  OSBX_CHECK(MakeDirectories(root + "/blobs"));
  OSBX_CHECK(MakeDirectories(root + "/uploads"));
  Bucket bucket;
  {
    std::ifstream index(root + "/index");
    std::string line;
    while (std::getline(index, line)) {
      if (!ApplyLine(line, bucket.objects)) break;
    }
  }
  // Written anew without what is gone, which also drops a torn line.
  const std::string fresh = root + "/index.new";
  bucket.index.Reset(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!bucket.index) return Error::FromErrno(errno, "create " + fresh);
  for (const auto& [key, object] : bucket.objects) {
    OSBX_CHECK(WriteAll(bucket.index.Get(), EncodeLine(key, &object)));
  }
  if (::rename(fresh.c_str(), (root + "/index").c_str()) != 0) {
    return Error::FromErrno(errno, "rename " + fresh);
  }
  buckets_.emplace(name, std::move(bucket));
  return {};
}

bool ObjectStore::HasBucket(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  return buckets_.contains(name);
}

Result<> ObjectStore::DeleteBucket(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto found = buckets_.find(name);
  if (found == buckets_.end()) return Error(Code::kNotFound, "bucket " + name);
  if (!found->second.objects.empty()) return Error(Code::kFailedPrecondition, "not empty");
  buckets_.erase(found);
  std::error_code problem;
  fs::remove_all(directory_ + "/" + name, problem);
  if (problem) return Error::FromErrno(problem.value(), "remove bucket " + name);
  return {};
}

std::vector<std::string> ObjectStore::Buckets() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  names.reserve(buckets_.size());
  for (const auto& [name, bucket] : buckets_) names.push_back(name);
  return names;
}

std::string ObjectStore::BlobPath(const std::string& bucket, const std::string& id) const {
  return directory_ + "/" + bucket + "/blobs/" + id;
}

std::string ObjectStore::UploadsDirectory(const std::string& bucket) const {
  return directory_ + "/" + bucket + "/uploads";
}

Result<BlobWriter> ObjectStore::NewBlob(const std::string& bucket) const {
  std::string id = RandomHex(kIdBytes);
  std::string path = BlobPath(bucket, id);
  UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd) return Error::FromErrno(errno, "create " + path);
  return BlobWriter(std::move(path), std::move(id), std::move(fd));
}

Result<BlobWriter> ObjectStore::LinkBlob(const std::string& from_bucket, const Object& from,
                                         const std::string& to_bucket) const {
  std::string id = RandomHex(kIdBytes);
  std::string path = BlobPath(to_bucket, id);
  if (::link(BlobPath(from_bucket, from.blob).c_str(), path.c_str()) != 0) {
    return Error::FromErrno(errno, "link " + path);
  }
  return BlobWriter(std::move(path), std::move(id), UniqueFd());
}

Result<> ObjectStore::Put(const std::string& bucket, const std::string& key, Object object,
                          BlobWriter blob, PutOptions options) {
  object.blob = blob.id();
  object.modified = std::time(nullptr);
  const std::lock_guard lock(mutex_);
  const auto found = buckets_.find(bucket);
  if (found == buckets_.end()) return Error(Code::kNotFound, "bucket " + bucket);
  auto& objects = found->second.objects;
  const auto old = objects.find(key);
  if (old != objects.end() && options.forbid_overwrite) return Error(Code::kAlreadyExists, key);
  OSBX_CHECK(WriteAll(found->second.index.Get(), EncodeLine(key, &object)));
  if (old != objects.end()) ::unlink(BlobPath(bucket, old->second.blob).c_str());
  objects[key] = std::move(object);
  blob.Keep();
  return {};
}

bool ObjectStore::Delete(const std::string& bucket, const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto found = buckets_.find(bucket);
  if (found == buckets_.end()) return false;
  const auto object = found->second.objects.find(key);
  if (object == found->second.objects.end()) return false;
  if (!WriteAll(found->second.index.Get(), EncodeLine(key, nullptr)).has_value()) return false;
  ::unlink(BlobPath(bucket, object->second.blob).c_str());
  found->second.objects.erase(object);
  return true;
}

std::optional<Object> ObjectStore::Find(const std::string& bucket, const std::string& key) const {
  const std::lock_guard lock(mutex_);
  const auto found = buckets_.find(bucket);
  if (found == buckets_.end()) return std::nullopt;
  const auto object = found->second.objects.find(key);
  if (object == found->second.objects.end()) return std::nullopt;
  return object->second;
}

std::optional<ObjectStore::Opened> ObjectStore::FindOpen(const std::string& bucket,
                                                         const std::string& key) const {
  const std::lock_guard lock(mutex_);
  const auto found = buckets_.find(bucket);
  if (found == buckets_.end()) return std::nullopt;
  const auto object = found->second.objects.find(key);
  if (object == found->second.objects.end()) return std::nullopt;
  UniqueFd data(::open(BlobPath(bucket, object->second.blob).c_str(), O_RDONLY | O_CLOEXEC));
  if (!data) return std::nullopt;
  return Opened{object->second, std::move(data)};
}

Listing ObjectStore::List(const std::string& bucket, const ListQuery& query) const {
  Listing listing;
  const std::lock_guard lock(mutex_);
  const auto found = buckets_.find(bucket);
  if (found == buckets_.end()) return listing;
  const auto& objects = found->second.objects;
  auto at = objects.lower_bound(query.prefix);
  if (!query.after.empty() && query.after >= query.prefix) at = objects.upper_bound(query.after);
  while (at != objects.end() && at->first.starts_with(query.prefix)) {
    std::string common;
    if (!query.delimiter.empty()) {
      const std::size_t end = at->first.find(query.delimiter, query.prefix.size());
      if (end != std::string::npos) common = at->first.substr(0, end + query.delimiter.size());
    }
    const bool listed_before = !common.empty() && common <= query.after;
    if (!listed_before && listing.objects.size() + listing.common_prefixes.size() >= query.limit) {
      listing.truncated = true;
      break;
    }
    if (common.empty()) {
      listing.objects.emplace_back(at->first, at->second);
      listing.next = at->first;
      ++at;
      continue;
    }
    if (!listed_before) {
      listing.common_prefixes.push_back(common);
      listing.next = common;
    }
    while (at != objects.end() && at->first.starts_with(common)) ++at;
  }
  return listing;
}

}  // namespace osbx::fakes
