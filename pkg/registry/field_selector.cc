// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <nlohmann/json.hpp>

#include "registry/errors.h"
#include "registry/json_access.h"
#include "registry/selectors.h"

namespace osbx::registry {
namespace {

// Splits at commas that no backslash precedes.
std::vector<std::string_view> SplitTerms(std::string_view text) {
  std::vector<std::string_view> terms;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && text[i] == '\\') {
      ++i;
    } else if (i >= text.size() || text[i] == ',') {
      const std::size_t end = std::min(i, text.size());
      if (end > begin) terms.push_back(text.substr(begin, end - begin));
      begin = i + 1;
    }
  }
  if (begin < text.size()) terms.push_back(text.substr(begin));  // ended in a lone backslash
  return terms;
}

// Undoes `\\`, `\,` and `\=`. Absent when an escape is broken or a separator is not escaped.
std::optional<std::string> Unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '=' || text[i] == ',') return std::nullopt;
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    if (++i == text.size()) return std::nullopt;
    if (text[i] != '\\' && text[i] != ',' && text[i] != '=') return std::nullopt;
    out += text[i];
  }
  return out;
}

struct Operator {
  std::size_t at = std::string_view::npos;
  std::size_t size = 0;
  bool equal = true;
};

Operator FindOperator(std::string_view term) {
  for (std::size_t i = 0; i < term.size(); ++i) {
    if (term[i] == '\\') {
      ++i;
      continue;
    }
    const std::string_view rest = term.substr(i);
    if (rest.starts_with("!=")) return {i, 2, false};
    if (rest.starts_with("==")) return {i, 2, true};
    if (rest.starts_with("=")) return {i, 1, true};
  }
  return {};
}

std::vector<std::string> SplitPath(std::string_view field) {
  std::vector<std::string> path;
  while (true) {
    const std::size_t dot = field.find('.');
    path.emplace_back(field.substr(0, dot));
    if (dot == std::string_view::npos) return path;
    field.remove_prefix(dot + 1);
  }
}

bool IsSelectable(const api::Kind& kind, std::string_view field) {
  if (field == "metadata.name" || field == "metadata.namespace") return true;
  return std::find(kind.selectable_fields.begin(), kind.selectable_fields.end(), field) !=
         kind.selectable_fields.end();
}

bool IsBoolean(const api::Schema* schema, const std::vector<std::string>& path) {
  for (const std::string& name : path) {
    if (schema == nullptr) return false;
    schema = schema->Find(name);
  }
  return schema != nullptr && schema->type == api::Type::kBoolean;
}

std::string TextOf(const Json& value) {
  return value.is_string() ? value.get<std::string>() : Dump(value);
}

}  // namespace

Result<FieldSelector> FieldSelector::Parse(const api::Kind& kind, std::string_view text) {
  FieldSelector selector;
  for (const std::string_view part : SplitTerms(text)) {
    const auto broken = [&] {
      return BadRequest("invalid selector: '" + std::string(text) + "'; can't understand '" +
                        std::string(part) + "'");
    };
    const Operator op = FindOperator(part);
    if (op.at == std::string_view::npos) return broken();
    const std::optional<std::string> value = Unescape(part.substr(op.at + op.size));
    if (!value) return broken();
    Term term{.field = std::string(part.substr(0, op.at)), .equal = op.equal, .value = *value};
    if (!IsSelectable(kind, term.field)) {
      return BadRequest("field label not supported: " + term.field);
    }
    term.path = SplitPath(term.field);
    if (IsBoolean(kind.schema.get(), term.path)) term.absent_as = "false";
    selector.terms_.push_back(std::move(term));
  }
  return selector;
}

bool FieldSelector::Matches(const Json& object) const {
  return std::all_of(terms_.begin(), terms_.end(), [&](const Term& term) {
    const Json* at = &object;
    for (const std::string& name : term.path) {
      at = Member(*at, name);
      if (at == nullptr) break;
    }
    if (at == nullptr) return (term.absent_as == term.value) == term.equal;
    if (at->is_string()) return (at->get_ref<const std::string&>() == term.value) == term.equal;
    return (TextOf(*at) == term.value) == term.equal;
  });
}

std::optional<std::string> FieldSelector::Exact(std::string_view field) const {
  for (const Term& term : terms_) {
    if (term.equal && term.field == field) return term.value;
  }
  return std::nullopt;
}

std::optional<std::string> FieldSelector::ExactName() const {
  return Exact("metadata.name");
}

std::optional<std::string> FieldSelector::ExactNamespace() const {
  return Exact("metadata.namespace");
}

Result<Selector> Selector::Parse(const api::Kind& kind, std::string_view label_selector,
                                 std::string_view field_selector) {
  Selector selector;
  OSBX_TRY(selector.labels, LabelSelector::Parse(label_selector));
  OSBX_TRY(selector.fields, FieldSelector::Parse(kind, field_selector));
  return selector;
}

}  // namespace osbx::registry
