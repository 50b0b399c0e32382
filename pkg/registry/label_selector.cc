// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <cstdint>

#include <nlohmann/json.hpp>

#include "registry/errors.h"
#include "registry/json_access.h"
#include "registry/names.h"
#include "registry/selectors.h"

namespace osbx::registry {
namespace {

std::optional<std::int64_t> ToInteger(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Error Unparsable(const std::string& why) {
  return BadRequest("unable to parse requirement: " + why);
}

}  // namespace

// Recursive descent over Kubernetes' grammar: requirement { "," requirement }.
class LabelParser {
 public:
  explicit LabelParser(std::string_view text) : text_(text) { Advance(); }

  Result<LabelSelector> Parse() {
    LabelSelector selector;
    if (kind_ == Token::kEnd) return selector;
    while (true) {
      OSBX_TRY(auto requirement, ParseRequirement());
      selector.requirements_.push_back(std::move(requirement));
      if (kind_ == Token::kEnd) return selector;
      if (kind_ != Token::kComma) return Unexpected("',' or 'end of string'");
      Advance();
      if (kind_ == Token::kEnd) return Unexpected("identifier after ','");
    }
  }

 private:
  using Op = LabelSelector::Op;
  enum class Token { kEnd, kWord, kComma, kOpen, kClose, kNot, kOperator };

  static bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
  static bool IsSpecial(char c) {
    return std::string_view("=!(),<>").find(c) != std::string_view::npos;
  }

  // One of = == != ! > < ( ) and the comma.
  Token TakeSpecial() {
    const char first = text_[at_++];
    const bool doubled = (first == '=' || first == '!') && at_ < text_.size() && text_[at_] == '=';
    if (doubled) ++at_;
    if (first == ',') return Token::kComma;
    if (first == '(') return Token::kOpen;
    if (first == ')') return Token::kClose;
    return first == '!' && !doubled ? Token::kNot : Token::kOperator;
  }

  void Advance() {
    while (at_ < text_.size() && IsSpace(text_[at_])) ++at_;
    const std::size_t begin = at_;
    if (at_ == text_.size()) {
      kind_ = Token::kEnd;
    } else if (!IsSpecial(text_[at_])) {
      while (at_ < text_.size() && !IsSpace(text_[at_]) && !IsSpecial(text_[at_])) ++at_;
      kind_ = Token::kWord;
    } else {
      kind_ = TakeSpecial();
    }
    word_ = text_.substr(begin, at_ - begin);
  }

  Error Unexpected(const std::string& expected) const {
    return Unparsable("found '" + std::string(word_) + "', expected: " + expected);
  }

  Result<LabelSelector::Requirement> ParseRequirement() {
    LabelSelector::Requirement requirement;
    const bool negated = kind_ == Token::kNot;
    if (negated) Advance();
    if (kind_ != Token::kWord) return Unexpected("identifier");
    requirement.key = word_;
    if (const Faults faults = CheckQualifiedName(word_); !faults.empty()) {
      return Unparsable("key: Invalid value: " + Quoted(word_) + ": " + faults.front());
    }
    Advance();
    if (negated) {
      requirement.op = Op::kAbsent;
      return requirement;
    }
    if (kind_ == Token::kEnd || kind_ == Token::kComma) return requirement;
    OSBX_CHECK(ParseOperator(requirement));
    return requirement;
  }

  Result<> ParseOperator(LabelSelector::Requirement& requirement) {
    const std::string_view text = word_;
    if (kind_ == Token::kWord && (text == "in" || text == "notin")) {
      requirement.op = text == "in" ? Op::kIn : Op::kNotIn;
      Advance();
      return ParseSet(requirement);
    }
    if (kind_ != Token::kOperator) return Unexpected("in, notin, =, ==, !=, gt, lt");
    requirement.op = text == "!="  ? Op::kNotIn
                     : text == ">" ? Op::kGreater
                     : text == "<" ? Op::kLess
                                   : Op::kIn;
    Advance();
    std::string value;
    if (kind_ == Token::kWord) {
      value = word_;
      Advance();
    }
    const bool ordered = requirement.op == Op::kGreater || requirement.op == Op::kLess;
    if (ordered && !ToInteger(value)) {
      return Unparsable("values[0]: Invalid value: " + Quoted(value) +
                        ": for 'Gt', 'Lt' operators, the value must be an integer");
    }
    return AddValue(requirement, value);
  }

  Result<> ParseSet(LabelSelector::Requirement& requirement) {
    if (kind_ != Token::kOpen) return Unexpected("'('");
    Advance();
    while (true) {
      std::string value;
      if (kind_ == Token::kWord) {
        value = word_;
        Advance();
      }
      OSBX_CHECK(AddValue(requirement, value));
      if (kind_ == Token::kClose) break;
      if (kind_ != Token::kComma) return Unexpected("',' or ')'");
      Advance();
    }
    Advance();
    return {};
  }

  static Result<> AddValue(LabelSelector::Requirement& requirement, const std::string& value) {
    if (const Faults faults = CheckLabelValue(value); !faults.empty()) {
      return Unparsable("values[" + std::to_string(requirement.values.size()) + "][" +
                        requirement.key + "]: Invalid value: " + Quoted(value) + ": " +
                        faults.front());
    }
    requirement.values.push_back(value);
    return {};
  }

  std::string_view text_;
  std::size_t at_ = 0;
  Token kind_ = Token::kEnd;
  std::string_view word_;
};

Result<LabelSelector> LabelSelector::Parse(std::string_view text) {
  return LabelParser(text).Parse();
}

bool LabelSelector::Holds(const Requirement& requirement, const Json& labels) {
  const Json* label = Member(labels, requirement.key);
  const bool present = label != nullptr && label->is_string();
  if (requirement.op == Op::kExists) return present;
  if (requirement.op == Op::kAbsent) return !present;
  if (!present) return requirement.op == Op::kNotIn;
  const std::string& value = label->get_ref<const std::string&>();
  if (requirement.op == Op::kGreater || requirement.op == Op::kLess) {
    const auto have = ToInteger(value);
    const auto bound = ToInteger(requirement.values.front());
    if (!have || !bound) return false;
    return requirement.op == Op::kGreater ? *have > *bound : *have < *bound;
  }
  const bool listed = std::find(requirement.values.begin(), requirement.values.end(), value) !=
                      requirement.values.end();
  return listed == (requirement.op == Op::kIn);
}

bool LabelSelector::Matches(const Json& object) const {
  if (requirements_.empty()) return true;
  const Json* found = Member(Metadata(object), "labels");
  const Json& labels = found != nullptr ? *found : EmptyObject();
  return std::all_of(requirements_.begin(), requirements_.end(),
                     [&](const Requirement& r) { return Holds(r, labels); });
}

std::vector<std::pair<std::string, std::string>> LabelSelector::Equalities() const {
  std::vector<std::pair<std::string, std::string>> equal;
  for (const Requirement& requirement : requirements_) {
    if (requirement.op == Op::kIn && requirement.values.size() == 1) {
      equal.emplace_back(requirement.key, requirement.values.front());
    }
  }
  return equal;
}

}  // namespace osbx::registry
