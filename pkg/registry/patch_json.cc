// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "registry/errors.h"
#include "registry/json_access.h"
#include "registry/patch.h"

namespace osbx::registry {
namespace {

// As Kubernetes: a patch with more operations is refused, so that copies cannot multiply an object.
constexpr std::size_t kMaxOperations = 10000;
constexpr std::size_t kMaxCopiedBytes = 3UL * 1024 * 1024;

using Pointer = std::vector<std::string>;

std::optional<Pointer> ParsePointer(std::string_view text) {
  Pointer pointer;
  if (text.empty()) return pointer;
  if (text.front() != '/') return std::nullopt;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '/') {
      pointer.emplace_back();
    } else if (text[i] != '~') {
      pointer.back() += text[i];
    } else if (++i < text.size() && (text[i] == '0' || text[i] == '1')) {
      pointer.back() += text[i] == '0' ? '~' : '/';
    } else {
      return std::nullopt;
    }
  }
  return pointer;
}

// An array index as RFC 6901 writes it: digits without leading zeros, below `limit`.
std::optional<std::size_t> ParseIndex(const std::string& text, std::size_t limit) {
  if (text.empty() || (text.size() > 1 && text.front() == '0')) return std::nullopt;
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
  if (error != std::errc() || end != text.data() + text.size() || index >= limit) {
    return std::nullopt;
  }
  return index;
}

Json* Step(Json& at, const std::string& token) {
  if (at.is_object()) {
    const auto member = at.find(token);
    return member == at.end() ? nullptr : &*member;
  }
  if (!at.is_array()) return nullptr;
  const auto index = ParseIndex(token, at.size());
  return index ? &at[*index] : nullptr;
}

Json* Resolve(Json& root, const Pointer& pointer, std::size_t count) {
  Json* at = &root;
  for (std::size_t i = 0; i < count && at != nullptr; ++i) at = Step(*at, pointer[i]);
  return at;
}

bool Add(Json& root, const Pointer& pointer, Json value) {
  if (pointer.empty()) {
    root = std::move(value);
    return true;
  }
  Json* parent = Resolve(root, pointer, pointer.size() - 1);
  if (parent == nullptr) return false;
  const std::string& last = pointer.back();
  if (parent->is_object()) {
    (*parent)[last] = std::move(value);
    return true;
  }
  if (!parent->is_array()) return false;
  if (last == "-") {
    parent->push_back(std::move(value));
    return true;
  }
  const auto index = ParseIndex(last, parent->size() + 1);
  if (!index) return false;
  parent->insert(parent->begin() + static_cast<std::ptrdiff_t>(*index), std::move(value));
  return true;
}

std::optional<Json> Remove(Json& root, const Pointer& pointer) {
  Json* found = Resolve(root, pointer, pointer.size());
  if (found == nullptr || pointer.empty()) return std::nullopt;
  Json taken = std::move(*found);
  Json* parent = Resolve(root, pointer, pointer.size() - 1);
  if (parent->is_object()) {
    parent->erase(pointer.back());
  } else {
    parent->erase(*ParseIndex(pointer.back(), parent->size()));
  }
  return taken;
}

bool Replace(Json& root, const Pointer& pointer, const Json& value) {
  Json* found = Resolve(root, pointer, pointer.size());
  if (found == nullptr) {
    const Json* parent = pointer.empty() ? nullptr : Resolve(root, pointer, pointer.size() - 1);
    return parent != nullptr && parent->is_object() && Add(root, pointer, value);
  }
  *found = value;
  return true;
}

bool IsPrefix(const Pointer& prefix, const Pointer& pointer) {
  return prefix.size() < pointer.size() &&
         std::equal(prefix.begin(), prefix.end(), pointer.begin());
}

// `move` and `copy`.
bool Transfer(Json& root, const Json& operation, bool move, const Pointer& to,
              std::size_t& copied_bytes) {
  const auto from = ParsePointer(StringMember(operation, "from"));
  if (!from || !operation.contains("from")) return false;
  if (move) {
    if (IsPrefix(*from, to)) return false;
    std::optional<Json> taken = Remove(root, *from);
    return taken && Add(root, to, *std::move(taken));
  }
  const Json* found = Resolve(root, *from, from->size());
  if (found == nullptr) return false;
  copied_bytes += Dump(*found).size();
  return copied_bytes <= kMaxCopiedBytes && Add(root, to, Json(*found));
}

bool ApplyOperation(Json& root, const Json& operation, std::size_t& copied_bytes) {
  const std::string_view op = StringMember(operation, "op");
  const Json* path_text = Member(operation, "path");
  if (path_text == nullptr || !path_text->is_string()) return false;
  const auto path = ParsePointer(path_text->get_ref<const std::string&>());
  if (!path) return false;
  if (op == "remove") return Remove(root, *path).has_value();
  if (op == "move" || op == "copy") {
    return Transfer(root, operation, op == "move", *path, copied_bytes);
  }
  const auto value = operation.find("value");
  const Json wanted = value == operation.end() ? Json() : *value;
  if (op == "test") {
    const Json* found = Resolve(root, *path, path->size());
    return found == nullptr ? wanted.is_null() : *found == wanted;
  }
  if (value == operation.end()) return false;
  if (op == "add") return Add(root, *path, wanted);
  return op == "replace" && Replace(root, *path, wanted);
}

}  // namespace

Result<> ApplyJsonPatch(Json& object, const Json& patch) {
  if (!patch.is_array()) return BadRequest("a JSON patch must be an array of operations");
  if (patch.size() > kMaxOperations) {
    return BadRequest("The allowed maximum operations in a JSON patch is " +
                      std::to_string(kMaxOperations) + ", got " + std::to_string(patch.size()));
  }
  Json result = object;
  std::size_t copied_bytes = 0;
  for (const Json& operation : patch) {
    if (!operation.is_object()) return BadRequest("an operation of a JSON patch must be an object");
    if (!ApplyOperation(result, operation, copied_bytes)) return UnprocessablePatch();
  }
  if (!result.is_object()) return UnprocessablePatch();
  object = std::move(result);
  return {};
}

}  // namespace osbx::registry
