// SPDX-License-Identifier: Apache-2.0
// Buckets and objects on disk. DIR/<bucket>/index is an append-only log of JSON lines, blobs/<id>
// are immutable files, uploads/<id>/ are unfinished multipart uploads; a torn last line of the
// index is ignored, so a kill -9 loses at most the request that was being answered. Thread-safe;
// bodies are streamed outside the lock.
#pragma once

#include <cstdint>
#include <ctime>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "fakes/oss_wire/digest.h"
#include "fakes/oss_wire/signature.h"

namespace osbx::fakes {

struct Object {
  std::string blob;  // file below blobs/
  std::uint64_t size_bytes = 0;
  std::string etag;  // without quotes
  std::uint64_t crc64 = 0;
  std::time_t modified = 0;
  std::string kind = "Normal";  // Normal, Multipart, Appendable, Symlink
  std::string symlink_target;
  Headers meta;     // user metadata without the dialect's prefix
  Headers headers;  // content-type, cache-control, …
};

// A file being written. Removed unless it is committed.
class BlobWriter {
 public:
  BlobWriter(std::string path, std::string id, UniqueFd fd);
  ~BlobWriter();
  BlobWriter(BlobWriter&& other) noexcept;
  BlobWriter& operator=(BlobWriter&&) = delete;

  Result<> Write(std::string_view bytes);
  BodyDigest& digest() { return digest_; }
  const std::string& id() const { return id_; }
  void Keep() { path_.clear(); }

 private:
  std::string path_;
  std::string id_;
  UniqueFd fd_;
  BodyDigest digest_;
};

struct ListQuery {
  std::string prefix;
  std::string delimiter;
  std::string after;  // keys and common prefixes greater than this
  std::size_t limit = 100;
};

struct Listing {
  std::vector<std::pair<std::string, Object>> objects;
  std::vector<std::string> common_prefixes;
  bool truncated = false;
  std::string next;  // the last entry listed
};

class ObjectStore {
 public:
  static Result<std::unique_ptr<ObjectStore>> Open(const std::string& directory);

  Result<> EnsureBucket(const std::string& name);  // Invalid for a bad name
  bool HasBucket(const std::string& name) const;
  Result<> DeleteBucket(const std::string& name);  // FailedPrecondition unless empty
  std::vector<std::string> Buckets() const;

  Result<BlobWriter> NewBlob(const std::string& bucket) const;
  // A second name for the data of an object: copies cost nothing.
  Result<BlobWriter> LinkBlob(const std::string& from_bucket, const Object& from,
                              const std::string& to_bucket) const;

  struct PutOptions {
    bool forbid_overwrite = false;  // AlreadyExists
  };
  Result<> Put(const std::string& bucket, const std::string& key, Object object, BlobWriter blob,
               PutOptions options);
  bool Delete(const std::string& bucket, const std::string& key);

  struct Opened {
    Object object;
    UniqueFd data;
  };
  std::optional<Object> Find(const std::string& bucket, const std::string& key) const;
  std::optional<Opened> FindOpen(const std::string& bucket, const std::string& key) const;
  Listing List(const std::string& bucket, const ListQuery& query) const;

  std::string UploadsDirectory(const std::string& bucket) const;

 private:
  struct Bucket {
    std::map<std::string, Object> objects;
    UniqueFd index;
  };

  explicit ObjectStore(std::string directory) : directory_(std::move(directory)) {}
  Result<> LoadBucket(const std::string& name);
  std::string BlobPath(const std::string& bucket, const std::string& id) const;

  const std::string directory_;
  mutable std::mutex mutex_;
  std::map<std::string, Bucket> buckets_;
};

}  // namespace osbx::fakes
