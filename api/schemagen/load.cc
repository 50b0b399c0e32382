// SPDX-License-Identifier: Apache-2.0
#include <charconv>

#include <yaml-cpp/yaml.h>

#include "api/schemagen/model.h"

namespace osbx::schemagen {
namespace {

Document Scalar(const YAML::Node& node) {
  const std::string& text = node.Scalar();
  if (node.Tag() == "!") return text;  // quoted
  if (text == "true") return true;
  if (text == "false") return false;
  std::int64_t integer = 0;
  const char* end = text.data() + text.size();
  const auto whole = std::from_chars(text.data(), end, integer);
  if (whole.ec == std::errc() && whole.ptr == end) return integer;
  double number = 0;
  const auto real = std::from_chars(text.data(), end, number);
  if (real.ec == std::errc() && real.ptr == end) return number;
  return text;
}

Document Convert(const YAML::Node& node) {
  switch (node.Type()) {
    case YAML::NodeType::Scalar:
      return Scalar(node);
    case YAML::NodeType::Sequence: {
      Document list = Document::array();
      for (const auto& item : node) list.push_back(Convert(item));
      return list;
    }
    case YAML::NodeType::Map: {
      Document map = Document::object();
      for (const auto& entry : node) {
        const std::string key = entry.first.Scalar();
        if (map.contains(key)) {
          throw SchemaError("line " + std::to_string(entry.first.Mark().line + 1) +
                            ": duplicate key " + key);
        }
        map[key] = Convert(entry.second);
      }
      return map;
    }
    default:
      return nullptr;
  }
}

}  // namespace

Document LoadYaml(const std::string& path) {
  try {
    return Convert(YAML::LoadFile(path));
  } catch (const YAML::Exception& error) {
    throw SchemaError(error.what());
  }
}

}  // namespace osbx::schemagen
