// SPDX-License-Identifier: Apache-2.0
#include "apiserver/paths.h"

#include <vector>

#include "http/url.h"

namespace osbx::apiserver {

namespace {

// A read position in the decoded segments of a path.
class Segments {
 public:
  explicit Segments(std::string_view raw_path) : parts_(http::SplitPath(raw_path)) {
    if (!parts_.empty() && parts_.back().empty()) parts_.pop_back();
  }
  std::size_t Left() const { return parts_.size() - at_; }
  std::string Peek(std::size_t ahead = 0) const {
    return at_ + ahead < parts_.size() ? http::PercentDecode(parts_[at_ + ahead], false) : "";
  }
  std::string Take() {
    std::string segment = Peek();
    ++at_;
    return segment;
  }
  bool HasEmpty() const {
    for (const std::string_view part : parts_) {
      if (part.empty()) return true;
    }
    return false;
  }

 private:
  std::vector<std::string_view> parts_;
  std::size_t at_ = 0;
};

bool IsNamespaceSubresource(const std::string& segment) {
  return segment == "status" || segment == "finalize";
}

}  // namespace

ResourcePath ParseResourcePath(std::string_view raw_path) {
  ResourcePath path;
  Segments segments(raw_path);
  if (segments.HasEmpty() || segments.Left() < 3) return path;
  const std::string root = segments.Take();
  std::string group;
  if (root == "apis") {
    group = segments.Take();
    if (group.empty()) return path;
  } else if (root != "api") {
    return path;
  }
  const std::string version = segments.Take();
  if (segments.Peek() == "watch" && segments.Left() > 1) {
    segments.Take();
    path.legacy_watch = true;
  }
  const bool in_namespace =
      segments.Peek() == "namespaces" && segments.Left() >= 3 &&
      !(group.empty() && segments.Left() == 3 && IsNamespaceSubresource(segments.Peek(2)));
  if (in_namespace) {
    segments.Take();
    path.ns = segments.Take();
  }
  path.kind = api::FindKind(group, version, segments.Take());
  if (path.kind == nullptr || segments.Left() > 2) return path;
  if (in_namespace && !path.kind->namespaced) {
    if (group.empty()) path.fault = ResourcePath::Fault::kWrongScope;
    return path;
  }
  if (segments.Left() > 0) path.name = segments.Take();
  if (segments.Left() > 0) path.subresource = segments.Take();
  // A namespaced object is always named with its namespace.
  if (path.AllNamespaces() && !path.name.empty()) return path;
  path.fault = ResourcePath::Fault::kNone;
  return path;
}

}  // namespace osbx::apiserver
