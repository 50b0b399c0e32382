// SPDX-License-Identifier: Apache-2.0
// Server-side printing: Table and PartialObjectMetadata (contract/kubectl.md §4.6), from the
// printer columns of the schemas. Immutable after construction; thread-safe.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "api/json_path.h"
#include "api/schema.h"
#include "base/clock.h"
#include "base/result.h"
#include "store/store.h"

namespace osbx::apiserver {

enum class IncludeObject { kMetadata, kObject, kNone };
// Of the query's includeObject; "" is Metadata. Errors: 400.
Result<IncludeObject> ParseIncludeObject(std::string_view text);

struct TableStyle {
  std::string version = "v1";  // of meta.k8s.io
  IncludeObject include = IncludeObject::kMetadata;
  bool with_columns = true;  // column definitions; left out after the first event of a watch
};

class Tables {
 public:
  Tables();

  // A Table of the objects. `metadata` is the list's, as JSON text ("{…}").
  std::string Render(const api::Kind& kind, const std::vector<store::ObjectPtr>& objects,
                     std::string_view metadata, const TableStyle& style, Time now) const;

 private:
  struct Column {
    const api::Column* column = nullptr;
    api::JsonPath path;
  };
  struct Layout {
    bool name_first = true;
    bool age_last = true;
    std::string definitions;  // JSON array
    std::vector<Column> columns;
  };
  void AppendRow(const Layout& layout, const store::Object& object, const TableStyle& style,
                 Time now, std::string& out) const;

  std::map<std::string, Layout> layouts_;  // by plural
};

// The object cut down to its metadata.
std::string PartialObject(const Json& object, std::string_view version);
// {"kind":"SandboxList",…,"items":[ – up to the first item.
std::string PartialListHead(std::string_view metadata, std::string_view version);

}  // namespace osbx::apiserver
