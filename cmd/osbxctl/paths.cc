// SPDX-License-Identifier: Apache-2.0
#include "paths.h"

#include <algorithm>
#include <numeric>
#include <optional>

#include <nlohmann/json.hpp>

namespace osbx::ctl {

// Text, a path (whose root may be "$", the whole object), or a range with what is repeated.
struct PathTemplate::Node {
  std::string text;
  std::optional<api::JsonPath> path;
  bool from_root = false;
  bool range = false;
  std::vector<Node> body;
};

namespace {

using Node = PathTemplate::Node;

std::string_view Trim(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

// The end of the expression that begins after "{": its "}", not one within quotes.
std::size_t EndOfExpression(std::string_view text, std::size_t begin) {
  char quote = 0;
  for (std::size_t i = begin; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (quote != 0) {
      if (text[i] == quote) quote = 0;
    } else if (text[i] == '"' || text[i] == '\'') {
      quote = text[i];
    } else if (text[i] == '}') {
      return i;
    }
  }
  return std::string_view::npos;
}

std::string Unquoted(std::string_view quoted) {
  std::string out;
  for (std::size_t i = 1; i + 1 < quoted.size(); ++i) {
    if (quoted[i] != '\\' || i + 2 >= quoted.size()) {
      out += quoted[i];
      continue;
    }
    const char escaped = quoted[++i];
    out += escaped == 'n' ? '\n' : escaped == 't' ? '\t' : escaped == 'r' ? '\r' : escaped;
  }
  return out;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<std::vector<Node>> Block(bool in_range) {
    std::vector<Node> out;
    while (at_ < text_.size()) {
      const auto brace = std::min(text_.find('{', at_), text_.size());
      if (brace > at_) {
        out.emplace_back();
        out.back().text = text_.substr(at_, brace - at_);
      }
      if (brace == text_.size()) {
        at_ = brace;
        break;
      }
      const auto close = EndOfExpression(text_, brace + 1);
      if (close == std::string_view::npos) return Fault("unclosed action");
      const std::string_view inner = Trim(text_.substr(brace + 1, close - brace - 1));
      at_ = close + 1;
      if (inner == "end") {
        if (!in_range) return Fault("not in range, nothing to end");
        return out;
      }
      OSBX_TRY(Node node, Expression(inner));
      out.push_back(std::move(node));
    }
    if (in_range) return Fault("unclosed range: {end} is missing");
    return out;
  }

 private:
  Error Fault(const std::string& what) const {
    return {Code::kInvalid, "jsonpath: " + what + " in \"" + std::string(text_) + "\""};
  }

  Result<Node> Expression(std::string_view inner) {
    Node node;
    if (inner.size() >= 2 && (inner[0] == '"' || inner[0] == '\'') && inner.back() == inner[0]) {
      node.text = Unquoted(inner);
      return node;
    }
    if (inner.starts_with("range ")) {
      node.range = true;
      inner = Trim(inner.substr(6));
    }
    node.from_root = inner.starts_with('$');
    OSBX_TRY(node.path, ParsePath(inner));
    if (node.range) {
      OSBX_TRY(node.body, Block(true));
    }
    return node;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

void RenderNodes(const std::vector<Node>& nodes, const Json& root, const Json& here,
                 std::string& out) {
  for (const Node& node : nodes) {
    if (!node.path) {
      out += node.text;
      continue;
    }
    bool first = true;
    for (const Json* value : node.path->Find(node.from_root ? root : here)) {
      if (node.range) {
        RenderNodes(node.body, root, *value, out);
      } else {
        out += (first ? "" : " ") + ValueText(*value);
      }
      first = false;
    }
  }
}

}  // namespace

Result<api::JsonPath> ParsePath(std::string_view text) {
  text = Trim(text);
  if (text.starts_with('{') && text.ends_with('}')) text = Trim(text.substr(1, text.size() - 2));
  if (text.starts_with('@') || text.starts_with('$')) text.remove_prefix(1);
  if (text.empty()) return api::JsonPath();
  if (text == ".") return api::JsonPath();
  if (text.front() != '.' && text.front() != '[')
    return api::JsonPath::Parse("." + std::string(text));
  return api::JsonPath::Parse(text);
}

std::string ValueText(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::vector<std::size_t> OrderBy(const api::JsonPath& path,
                                 const std::vector<const Json*>& objects) {
  std::vector<const Json*> keys;
  keys.reserve(objects.size());
  for (const Json* object : objects) keys.push_back(path.First(*object));
  std::vector<std::size_t> order(objects.size());
  std::iota(order.begin(), order.end(), 0U);
  // nlohmann's order of types is null < boolean < number < … < string.
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) {
    if (keys[a] == nullptr || keys[b] == nullptr) return keys[a] == nullptr && keys[b] != nullptr;
    return *keys[a] < *keys[b];
  });
  return order;
}

PathTemplate::PathTemplate(std::vector<Node> nodes) : nodes_(std::move(nodes)) {}
PathTemplate::~PathTemplate() = default;
PathTemplate::PathTemplate(PathTemplate&&) noexcept = default;
PathTemplate& PathTemplate::operator=(PathTemplate&&) noexcept = default;

Result<PathTemplate> PathTemplate::Parse(std::string_view text) {
  std::string braced(text);
  if (text.find('{') == std::string_view::npos) braced = "{" + braced + "}";
  Parser parser(braced);
  OSBX_TRY(std::vector<Node> nodes, parser.Block(false));
  return PathTemplate(std::move(nodes));
}

std::string PathTemplate::Render(const Json& object) const {
  std::string out;
  RenderNodes(nodes_, object, object, out);
  return out;
}

}  // namespace osbx::ctl
