// SPDX-License-Identifier: Apache-2.0
#include <exception>
#include <sstream>
#include <utility>

#include <nlohmann/json.hpp>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "api/json_builder.h"
#include "api/yaml.h"
#include "api/yaml_scalar.h"
#include "base/utf8.h"

namespace osbx::api {
namespace {

constexpr std::string_view kTagPrefix = "tag:yaml.org,2002:";

std::string Located(std::string_view file, const YAML::Mark& mark, std::string_view what) {
  return std::string(file) + ":" + std::to_string(mark.line + 1) + ":" +
         std::to_string(mark.column + 1) + ": " + std::string(what);
}

// yaml-cpp's events into a builder. Throws ParserException, which ParseYaml catches.
class YamlEvents : public YAML::EventHandler {
 public:
  explicit YamlEvents(std::string_view text) : lines_(LinesOf(text)) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    // yaml-cpp takes what it cannot read for another document, at worst the same bytes for ever.
    if (documents_++ > 0 && !HasMarker(mark)) {
      throw YAML::ParserException(mark, "a new document must begin with ---");
    }
    builder_ = JsonBuilder();
    line_ = -1;
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Begin(mark);
    if (builder_.WantsKey()) throw YAML::ParserException(mark, "a key is missing");
    Check(mark, builder_.Value(nullptr, anchor));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Begin(mark);
    if (!builder_.WantsKey()) return Check(mark, builder_.Alias(anchor));
    auto key = builder_.KeyOf(anchor);
    if (!key.has_value()) throw YAML::ParserException(mark, "a key must be a scalar");
    Check(mark, builder_.Key(*std::move(key)));
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& raw) override {
    Begin(mark);
    const std::string text = WithWholeEscapes(raw);
    const bool plain = tag == "?" || tag.empty();
    if (builder_.WantsKey() && plain && text == "<<") return builder_.MergeKey();
    Json value = Scalar(mark, tag, text);
    if (!builder_.WantsKey()) return Check(mark, builder_.Value(std::move(value), anchor));
    if (value.is_null()) throw YAML::ParserException(mark, "a key must not be null");
    Check(mark, builder_.Key(value.is_string() ? value.get<std::string>() : value.dump()));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    Begin(mark);
    Check(mark, builder_.Start(false, anchor));
  }
  void OnSequenceEnd() override { Check(last_, builder_.End()); }

  void OnMapStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    Begin(mark);
    Check(mark, builder_.Start(true, anchor));
  }
  void OnMapEnd() override { Check(last_, builder_.End()); }

  YamlDocument Take() {
    YamlDocument document;
    document.line = line_ + 1;
    document.value = std::make_shared<const Json>(std::move(builder_.root()));
    document.duplicate_fields = std::move(builder_.duplicates());
    return document;
  }

 private:
  static std::vector<std::string_view> LinesOf(std::string_view text) {
    std::vector<std::string_view> lines;
    while (true) {
      const std::size_t end = text.find('\n');
      lines.push_back(text.substr(0, end));
      if (end == std::string_view::npos) return lines;
      text.remove_prefix(end + 1);
    }
  }

  // Whether --- begins the document at `mark`, or ... ended the one before it.
  bool HasMarker(const YAML::Mark& mark) const {
    const auto line = [this](int number) {
      const auto index = static_cast<std::size_t>(number);
      return index < lines_.size() ? lines_[index] : std::string_view();
    };
    if (mark.column == 0 && line(mark.line).starts_with("---")) return true;
    for (int number = last_.line; number < mark.line; ++number) {
      if (line(number).starts_with("...")) return true;
    }
    return false;
  }

  // yaml-cpp turns the escapes \N and \_ into the lone bytes 0x85 and 0xA0. Everything else in the
  // text is UTF-8, so that a lone byte can be nothing else; here they become characters.
  static std::string WithWholeEscapes(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
      std::size_t length = Utf8SequenceLength(text);
      if (length == 0) {
        out += '\xC2';
        length = 1;
      }
      out.append(text.substr(0, length));
      text.remove_prefix(length);
    }
    return out;
  }

  void Begin(const YAML::Mark& mark) {
    last_ = mark;
    if (line_ < 0) line_ = mark.line;
  }

  static void Check(const YAML::Mark& mark, const std::string& problem) {
    if (!problem.empty()) throw YAML::ParserException(mark, problem);
  }

  static Json Scalar(const YAML::Mark& mark, const std::string& tag, const std::string& text) {
    if (tag == "!") return text;  // quoted or block
    std::string_view type = tag;
    if (!type.starts_with(kTagPrefix)) return Plain(mark, text);
    type.remove_prefix(kTagPrefix.size());
    if (type == "str") return text;
    if (type == "binary") throw YAML::ParserException(mark, "!!binary is not supported");
    Json value = Plain(mark, text);
    const bool fits = (type == "int" && value.is_number_integer()) ||
                      (type == "float" && value.is_number()) ||
                      (type == "bool" && value.is_boolean()) ||
                      (type == "null" && value.is_null()) || (type == "timestamp");
    if (!fits) throw YAML::ParserException(mark, "the value does not fit its tag");
    return value;
  }

  static Json Plain(const YAML::Mark& mark, const std::string& text) {
    auto value = ResolvePlainScalar(text);
    if (!value.has_value()) throw YAML::ParserException(mark, "JSON has no such number");
    return *std::move(value);
  }

  std::vector<std::string_view> lines_;
  std::size_t documents_ = 0;
  JsonBuilder builder_;
  YAML::Mark last_;
  int line_ = -1;
};

// What no YAML text may contain: malformed UTF-8 and control characters (yaml-cpp would take some
// for the end of the text). Gives a problem and moves `mark` to it.
std::string CheckCharacters(std::string_view text, YAML::Mark& mark) {
  while (!text.empty()) {
    const std::size_t length = Utf8SequenceLength(text);
    if (length == 0) return "the text is not UTF-8";
    const char c = text.front();
    const bool control = (c >= 0 && c < ' ' && c != '\t' && c != '\n' && c != '\r') || c == 0x7F;
    if (control) return "control characters are not allowed";
    text.remove_prefix(length);
    ++mark.column;
    if (c == '\n') {
      ++mark.line;
      mark.column = 0;
    }
  }
  return "";
}

// yaml-cpp's words, with a hint where they puzzle people most.
std::string Explained(std::string_view text, const YAML::Exception& error) {
  std::string what = error.msg;
  std::istringstream lines{std::string(text)};
  std::string line;
  for (int i = 0; i <= error.mark.line; ++i) {
    line.clear();
    std::getline(lines, line);
  }
  const std::size_t begin = line.find_first_not_of(' ');
  if (begin != std::string::npos && line[begin] == '\t') {
    what += " (a tab indents this line; use spaces)";
  } else if (what == "illegal map value") {
    what += " (wrong indentation, or ': ' inside a text without quotes?)";
  }
  return what;
}

Result<std::vector<YamlDocument>> ParseEvents(std::string_view text, std::string_view file) {
  std::vector<YamlDocument> documents;
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    YamlEvents events(text);
    while (parser.HandleNextDocument(events)) {
      YamlDocument document = events.Take();
      if (!document.value->is_null()) documents.push_back(std::move(document));
    }
  } catch (const YAML::Exception& error) {
    return Error(Code::kInvalid, Located(file, error.mark, Explained(text, error)));
  } catch (const std::exception& error) {
    return Error(Code::kInvalid, std::string(file) + ": " + error.what());
  }
  return documents;
}

}  // namespace

Result<std::vector<YamlDocument>> ParseYaml(std::string_view text, std::string_view file) {
  YAML::Mark mark;
  const std::string problem = CheckCharacters(text, mark);
  if (!problem.empty()) return Error(Code::kInvalid, Located(file, mark, problem));
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin != std::string_view::npos && (text[begin] == '{' || text[begin] == '[')) {
    // JSON proper, e.g. with surrogate pairs, which YAML does not know. What is not JSON after all
    // is read as YAML's flow style.
    auto json = ParseJson(text);
    if (json.has_value()) return std::vector<YamlDocument>{*std::move(json)};
  }
  return ParseEvents(text, file);
}

}  // namespace osbx::api
