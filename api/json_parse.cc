// SPDX-License-Identifier: Apache-2.0
// JSON texts through the same builder as YAML, for duplicates and bounds.
#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "api/json_builder.h"
#include "api/yaml.h"

namespace osbx::api {
namespace {

// The SAX interface of nlohmann/json; the names are its own.
class JsonEvents : public nlohmann::json_sax<Json> {
 public:
  JsonBuilder builder;
  std::string problem;
  std::size_t position = 0;  // of the failure, from 1

  bool null() override { return Check(builder.Value(nullptr)); }
  bool boolean(bool value) override { return Check(builder.Value(value)); }
  bool number_integer(std::int64_t value) override { return Check(builder.Value(value)); }
  bool number_unsigned(std::uint64_t value) override { return Check(builder.Value(value)); }
  bool number_float(double value, const std::string& /*text*/) override {
    return Check(builder.Value(value));
  }
  bool string(std::string& value) override { return Check(builder.Value(std::move(value))); }
  bool binary(Json::binary_t& /*value*/) override { return Check("binary is not JSON"); }
  bool start_object(std::size_t /*elements*/) override { return Check(builder.Start(true)); }
  bool key(std::string& key) override { return Check(builder.Key(std::move(key))); }
  bool end_object() override { return Check(builder.End()); }
  bool start_array(std::size_t /*elements*/) override { return Check(builder.Start(false)); }
  bool end_array() override { return Check(builder.End()); }
  bool parse_error(std::size_t at, const std::string& /*token*/,
                   const Json::exception& /*error*/) override {
    position = at;
    problem = "malformed JSON";
    return false;
  }

 private:
  bool Check(std::string text) {
    problem = std::move(text);
    return problem.empty();
  }
};

// "3:14" of the byte with this number, from 1.
std::string PlaceOf(std::string_view text, std::size_t position) {
  const std::string_view before = text.substr(0, position == 0 ? 0 : position - 1);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const std::size_t newline = before.rfind('\n');
  const std::size_t column =
      newline == std::string_view::npos ? before.size() + 1 : before.size() - newline;
  return std::to_string(line) + ":" + std::to_string(column);
}

}  // namespace

Result<YamlDocument> ParseJson(std::string_view text) {
  JsonEvents events;
  if (!Json::sax_parse(text.begin(), text.end(), &events)) {
    std::string message = std::move(events.problem);
    if (events.position != 0) message = PlaceOf(text, events.position) + ": " + message;
    return Error(Code::kInvalid, std::move(message));
  }
  YamlDocument document;
  const std::size_t begin = std::min(text.find_first_not_of(" \t\r\n"), text.size());
  document.line = 1 + static_cast<int>(std::count(
                          text.begin(), text.begin() + static_cast<std::ptrdiff_t>(begin), '\n'));
  document.value = std::make_shared<const Json>(std::move(events.builder.root()));
  document.duplicate_fields = std::move(events.builder.duplicates());
  return document;
}

}  // namespace osbx::api
