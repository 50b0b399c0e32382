// SPDX-License-Identifier: Apache-2.0
// The words that osbx writes into statuses, events and reports of the doctor, and what they mean to
// a person: the second half of every "why is it not ready?". docs/errors.md is generated from this
// table, `osbxctl explain WORD` shows a row of it, and hack/gen refuses a word that is not here.
// Immutable; thread-safe.
#pragma once

#include <span>
#include <string_view>

namespace osbx::api {

enum class WordUse {
  kCondition,  // type of a condition
  kReason,     // of a condition, a status or an event
  kEvent,      // of an event alone
  kFinding,    // of osbxctl doctor
};

struct StatusWord {
  WordUse use = WordUse::kReason;
  std::string_view word;
  std::string_view where;    // kinds, and the condition it belongs to
  std::string_view meaning;  // what is so, and what helps
};

// Grouped by use, sorted by word within a group.
std::span<const StatusWord> AllStatusWords();

}  // namespace osbx::api
