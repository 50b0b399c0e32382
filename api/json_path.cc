// SPDX-License-Identifier: Apache-2.0
#include "api/json_path.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <nlohmann/json.hpp>

namespace osbx::api {

class JsonPathParser {
 public:
  explicit JsonPathParser(std::string_view text) : text_(text), rest_(text) {}

  Result<JsonPath> Parse() {
    if (rest_.size() >= 2 && rest_.front() == '{' && rest_.back() == '}') {
      rest_ = rest_.substr(1, rest_.size() - 2);
    }
    Skip("$");
    JsonPath path;
    while (!rest_.empty()) {
      if (rest_ == "." && path.steps_.empty()) break;  // the object itself
      JsonPath::Step step;
      OSBX_CHECK(Skip("[") ? ParseBracket(step) : ParseField(step));
      path.steps_.push_back(std::move(step));
    }
    return path;
  }

 private:
  using Operator = JsonPath::Operator;
  using StepKind = JsonPath::StepKind;

  Error Bad(std::string_view what) const {
    return Error(Code::kInvalid, "JSONPath " + std::string(text_) + ": " + std::string(what));
  }

  bool Skip(std::string_view prefix) {
    if (!rest_.starts_with(prefix)) return false;
    rest_.remove_prefix(prefix.size());
    return true;
  }

  void SkipSpace() {
    while (!rest_.empty() && rest_.front() == ' ') rest_.remove_prefix(1);
  }

  // A name up to an unescaped delimiter.
  std::string TakeName(std::string_view delimiters) {
    std::string name;
    while (!rest_.empty() && delimiters.find(rest_.front()) == std::string_view::npos) {
      if (rest_.front() == '\\' && rest_.size() > 1) rest_.remove_prefix(1);
      name += rest_.front();
      rest_.remove_prefix(1);
    }
    return name;
  }

  Result<> ParseField(JsonPath::Step& step) {
    Skip(".");  // custom columns may leave out the first one
    if (Skip("*")) {
      step.kind = StepKind::kAll;
      return {};
    }
    step.field = TakeName(".[");
    if (step.field.empty()) return Bad("a field name is missing");
    return {};
  }

  Result<> ParseBracket(JsonPath::Step& step) {
    if (Skip("?(")) return ParseFilter(step);
    if (Skip("*]")) {
      step.kind = StepKind::kAll;
      return {};
    }
    if (!rest_.empty() && (rest_.front() == '\'' || rest_.front() == '"')) {
      OSBX_TRY(step.field, TakeQuoted());
      return Skip("]") ? Result<>{} : Result<>(Bad("] is missing"));
    }
    return ParseIndex(step);
  }

  Result<> ParseIndex(JsonPath::Step& step) {
    const std::size_t close = rest_.find(']');
    if (close == std::string_view::npos) return Bad("] is missing");
    const std::string_view inside = rest_.substr(0, close);
    rest_.remove_prefix(close + 1);
    const std::size_t colon = inside.find(':');
    if (colon == std::string_view::npos) {
      step.kind = StepKind::kIndex;
      return ParseInt(inside, step.index);
    }
    step.kind = StepKind::kSlice;
    const std::string_view begin = inside.substr(0, colon);
    const std::string_view end = inside.substr(colon + 1);
    if (!begin.empty()) OSBX_CHECK(ParseInt(begin, step.index));
    if (!end.empty()) OSBX_CHECK(ParseInt(end, step.end.emplace()));
    return {};
  }

  Result<> ParseInt(std::string_view digits, int& out) const {
    const char* end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, out);
    if (error != std::errc() || stop != end) return Bad("an index must be a number");
    return {};
  }

  Result<std::string> TakeQuoted() {
    const char quote = rest_.front();
    rest_.remove_prefix(1);
    std::string text = TakeName(std::string_view(&quote, 1));
    if (rest_.empty()) return Bad("the closing quote is missing");
    rest_.remove_prefix(1);
    return text;
  }

  Result<> ParseFilter(JsonPath::Step& step) {
    step.kind = StepKind::kFilter;
    SkipSpace();
    if (!Skip("@")) return Bad("a filter must begin with @");
    while (Skip(".")) {
      std::string name = TakeName(".=!<>) ");
      if (name.empty()) return Bad("a field name is missing");
      step.operand.push_back(std::move(name));
    }
    SkipSpace();
    if (Skip(")]")) return {};
    OSBX_CHECK(ParseOperator(step.op));
    SkipSpace();
    OSBX_CHECK(ParseLiteral(step));
    SkipSpace();
    return Skip(")]") ? Result<>{} : Result<>(Bad(")] is missing"));
  }

  Result<> ParseOperator(Operator& op) {
    constexpr std::pair<std::string_view, Operator> kOperators[] = {
        {"==", Operator::kEqual},        {"!=", Operator::kNotEqual}, {"<=", Operator::kLessEqual},
        {">=", Operator::kGreaterEqual}, {"<", Operator::kLess},      {">", Operator::kGreater}};
    for (const auto& [symbol, meaning] : kOperators) {
      if (!Skip(symbol)) continue;
      op = meaning;
      return {};
    }
    return Bad("an operator is missing");
  }

  Result<> ParseLiteral(JsonPath::Step& step) {
    if (!rest_.empty() && (rest_.front() == '\'' || rest_.front() == '"')) {
      OSBX_TRY(const std::string text, TakeQuoted());
      step.literal = std::make_shared<const Json>(text);
      return {};
    }
    const std::string word = TakeName(") ");
    Json value = Json::parse(word, nullptr, false);
    if (value.is_discarded() || value.is_structured()) return Bad("cannot read " + word);
    step.literal = std::make_shared<const Json>(std::move(value));
    return {};
  }

  std::string_view text_;
  std::string_view rest_;
};

Result<JsonPath> JsonPath::Parse(std::string_view text) {
  return JsonPathParser(text).Parse();
}

bool JsonPath::Holds(const Step& step, const Json& item) {
  const Json* value = &item;
  for (const std::string& name : step.operand) {
    if (!value->is_object()) return false;
    const auto found = value->find(name);
    if (found == value->end()) return false;
    value = &*found;
  }
  if (step.op == Operator::kExists) return true;
  const Json& literal = *step.literal;
  if (step.op == Operator::kEqual) return *value == literal;
  if (step.op == Operator::kNotEqual) return *value != literal;
  const bool comparable =
      (value->is_number() && literal.is_number()) || (value->is_string() && literal.is_string());
  if (!comparable) return false;
  switch (step.op) {
    case Operator::kLess:
      return *value < literal;
    case Operator::kLessEqual:
      return *value <= literal;
    case Operator::kGreater:
      return *value > literal;
    default:
      return *value >= literal;
  }
}

void JsonPath::Apply(const Step& step, const Json& value, std::vector<const Json*>& out) {
  if (step.kind == StepKind::kField) {
    if (!value.is_object()) return;
    const auto found = value.find(step.field);
    if (found != value.end()) out.push_back(&*found);
    return;
  }
  if (step.kind == StepKind::kAll) {
    if (!value.is_structured()) return;
    for (const Json& item : value) out.push_back(&item);
    return;
  }
  if (!value.is_array()) return;
  if (step.kind == StepKind::kFilter) {
    for (const Json& item : value) {
      if (Holds(step, item)) out.push_back(&item);
    }
    return;
  }
  const auto size = static_cast<std::int64_t>(value.size());
  const auto from_end = [size](std::int64_t i) { return i < 0 ? i + size : i; };
  const std::int64_t begin = from_end(step.index);
  const std::int64_t end = step.kind == StepKind::kIndex
                               ? begin + 1
                               : from_end(step.end.value_or(static_cast<int>(size)));
  if (step.kind == StepKind::kIndex && begin < 0) return;
  for (std::int64_t i = std::max<std::int64_t>(begin, 0); i < std::min(end, size); ++i) {
    out.push_back(&value[static_cast<std::size_t>(i)]);
  }
}

std::vector<const Json*> JsonPath::Find(const Json& root) const {
  std::vector<const Json*> found{&root};
  for (const Step& step : steps_) {
    std::vector<const Json*> next;
    for (const Json* value : found) Apply(step, *value, next);
    found = std::move(next);
  }
  return found;
}

const Json* JsonPath::First(const Json& root) const {
  const auto found = Find(root);
  return found.empty() ? nullptr : found.front();
}

}  // namespace osbx::api
