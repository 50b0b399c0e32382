// SPDX-License-Identifier: Apache-2.0
// Request bodies, read field by field with FastAPI's faults (contract/lifecycle.md §1.2). The
// input is never echoed. Pure; for .cc files.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apiserver/opensandbox/failure.h"

namespace osbx::apiserver::opensandbox {

// The body as a JSON object.
Outcome<JsonPtr> ReadBody(const http::Request& request);

// The member under its camelCase name or its snake_case alias; null when absent or JSON null.
const Json* FieldOf(const Json& object, std::string_view name);

struct TextRule {
  bool required = false;
  std::size_t least = 0;  // bytes, as `most`
  std::size_t most = 65536;
};

// Collects the faults of one body; what is absent or broken is left empty.
class FieldReader {
 public:
  explicit FieldReader(const Json& object, FieldPath at = {"body"})
      : object_(object), at_(std::move(at)) {}

  std::optional<std::string> Text(std::string_view name, const TextRule& rule = {});
  // "60" and 60.0 count as 60.
  std::optional<std::int64_t> Whole(std::string_view name, std::int64_t least);
  bool Flag(std::string_view name);
  std::map<std::string, std::string> TextMap(std::string_view name, bool drop_nulls = false);
  std::vector<std::string> TextList(std::string_view name, std::size_t least);
  const Json* Object(std::string_view name);
  void Broken(std::string_view type, std::string_view name, std::string_view msg,
              JsonPtr ctx = nullptr);

  FieldPath PathTo(std::string_view name) const;
  Outcome<> Check() const;  // the faults so far, if any

 private:
  void BrokenLength(const char* type, std::string_view name, const char* bound, const char* key,
                    std::size_t limit);

  const Json& object_;
  const FieldPath at_;
  std::vector<FieldFault> faults_;
};

}  // namespace osbx::apiserver::opensandbox
