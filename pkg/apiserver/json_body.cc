// SPDX-License-Identifier: Apache-2.0
#include "apiserver/json_body.h"

#include <nlohmann/json.hpp>

#include "registry/errors.h"

namespace osbx::apiserver {

namespace {

constexpr std::size_t kMaxDepth = 200;

// Builds the value while the parser walks, keeping the path of where it is.
class Builder {
 public:
  explicit Builder(Json& root) : root_(root) {}

  bool null() { return Put(nullptr); }
  bool boolean(bool value) { return Put(value); }
  bool number_integer(Json::number_integer_t value) { return Put(value); }
  bool number_unsigned(Json::number_unsigned_t value) { return Put(value); }
  bool number_float(Json::number_float_t value, const std::string& /*text*/) { return Put(value); }
  bool string(std::string& value) { return Put(std::move(value)); }
  bool binary(Json::binary_t& /*value*/) { return false; }
  bool start_object(std::size_t /*size*/) { return Open(Json::object()); }
  bool start_array(std::size_t /*size*/) { return Open(Json::array()); }
  bool key(std::string& name) {
    Json& object = *stack_.back();
    if (object.contains(name)) duplicates_.push_back(PathOf(name));
    key_ = name;
    return true;
  }
  bool end_object() { return Close(); }
  bool end_array() { return Close(); }
  bool parse_error(std::size_t /*position*/, const std::string& /*token*/,
                   const Json::exception& error) {
    message_ = error.what();
    return false;
  }

  const std::string& Message() const { return message_; }
  std::vector<std::string> TakeDuplicates() { return std::move(duplicates_); }

 private:
  // Where the next value goes.
  Json& Slot() {
    if (stack_.empty()) return root_;
    Json& parent = *stack_.back();
    if (!parent.is_array()) return parent[key_];
    parent.push_back(nullptr);
    return parent.back();
  }
  template <class T>
  bool Put(T&& value) {
    Slot() = std::forward<T>(value);
    return true;
  }
  bool Open(Json container) {
    if (stack_.size() >= kMaxDepth) {
      message_ = "the document is nested too deeply";
      return false;
    }
    std::string where;
    if (!stack_.empty()) {
      where = stack_.back()->is_array()
                  ? paths_.back() + "[" + std::to_string(stack_.back()->size()) + "]"
                  : PathOf(key_);
    }
    Json& slot = Slot();
    slot = std::move(container);
    stack_.push_back(&slot);
    paths_.push_back(std::move(where));
    return true;
  }
  bool Close() {
    stack_.pop_back();
    paths_.pop_back();
    return true;
  }
  std::string PathOf(const std::string& name) const {
    return paths_.back().empty() ? name : paths_.back() + "." + name;
  }

  Json& root_;
  // Pointers stay valid: a container grows only while it is the innermost one.
  std::vector<Json*> stack_;
  std::vector<std::string> paths_;
  std::string key_;
  std::string message_;
  std::vector<std::string> duplicates_;
};

}  // namespace

Result<Body> ParseJson(std::string_view text) {
  auto value = std::make_shared<Json>();
  Builder builder(*value);
  if (!Json::sax_parse(text, &builder)) {
    return registry::BadRequest("the body of the request is not valid JSON: " + builder.Message());
  }
  return Body{.value = std::move(value), .duplicate_fields = builder.TakeDuplicates()};
}

}  // namespace osbx::apiserver
