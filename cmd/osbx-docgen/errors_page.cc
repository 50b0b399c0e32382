// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cctype>
#include <map>
#include <set>

#include "api/schema.h"
#include "api/status_words.h"
#include "base/code_table.h"
#include "markdown.h"
#include "pages.h"

namespace osbx::docgen {
namespace {

std::string RetryText(Retry retry) {
  switch (retry) {
    case Retry::kBackoff:
      return "after a pause";
    case Retry::kAfterChange:
      return "after a change";
    case Retry::kNever:
      return "no";
  }
  return "";
}

std::string Codes() {
  std::string out = TableHead({"code", "HTTP", "`reason` of the Status", "try again", "meaning"});
  for (const CodeRow& row : AllCodes()) {
    out += Row({Code(row.name), std::to_string(row.http_status), Code(row.reason),
                RetryText(row.retry), std::string(row.meaning)});
  }
  return out;
}

std::string Words(api::WordUse use) {
  std::string out = TableHead({"word", "where", "meaning, and what helps"});
  for (const api::StatusWord& row : api::AllStatusWords()) {
    if (row.use == use)
      out += Row({Code(row.word), std::string(row.where), std::string(row.meaning)});
  }
  return out;
}

// "500, " in front of a code: its HTTP status; 0 when there is none.
int StatusBefore(std::string_view before) {
  while (!before.empty() && (before.back() == ' ' || before.back() == ',')) before.remove_suffix(1);
  constexpr std::size_t kDigits = 3;
  if (before.size() < kDigits) return 0;
  int status = 0;
  for (const char c : before.substr(before.size() - kDigits)) {
    if (std::isdigit(static_cast<unsigned char>(c)) == 0) return 0;
    status = status * 10 + (c - '0');
  }
  return status;
}

bool IsSdkCode(const std::string& text) {
  const std::size_t colons = text.find("::");
  if (colons == std::string::npos || colons == 0 || colons + 2 == text.size()) return false;
  for (const char c : text) {
    if (std::isupper(static_cast<unsigned char>(c)) == 0 && c != ':' && c != '_') return false;
  }
  return true;
}

std::string SdkCodes(const std::string& root) {
  std::map<std::string, std::set<int>> statuses;
  EachQuoted(root, "pkg/apiserver/opensandbox",
             [&](const std::string& /*file*/, std::string_view before, const std::string& text) {
               if (!IsSdkCode(text)) return;
               auto& known = statuses[text];
               if (const int status = StatusBefore(before); status != 0) known.insert(status);
             });
  std::string out = TableHead({"code", "HTTP"});
  for (const auto& [code, known] : statuses) {
    std::string list;
    for (const int status : known) list += (list.empty() ? "" : ", ") + std::to_string(status);
    out += Row({Code(code), list.empty() ? "depends on the failure" : list});
  }
  return out;
}

// A word as statuses have them: CamelCase, at least three letters.
bool IsWord(const std::string& text) {
  if (text.size() < 3 || std::isupper(static_cast<unsigned char>(text[0])) == 0) return false;
  bool lower = false;
  for (const char c : text) {
    if (std::isalpha(static_cast<unsigned char>(c)) == 0) return false;
    lower = lower || std::islower(static_cast<unsigned char>(c)) != 0;
  }
  return lower;
}

void AddEnums(const api::Schema& schema, std::set<std::string, std::less<>>& words) {
  words.insert(schema.enum_values.begin(), schema.enum_values.end());
  for (const api::Property& property : schema.properties) AddEnums(*property.schema, words);
  if (schema.items != nullptr) AddEnums(*schema.items, words);
  if (schema.additional != nullptr) AddEnums(*schema.additional, words);
}

// Words that mean something else where they stand: kinds, phases and policies (the schemas have
// them), causes of invalid input, and names of fields of Docker or Kubernetes.
std::set<std::string, std::less<>> OtherWords() {
  std::set<std::string, std::less<>> words = {
      "DoctorReport", "SandboxStats",  // kinds of reports
      "Image",                         // how some reasons begin
      "Alive",        "Replaced",     "ServerGone", "NotMounted", "Unknown",  // texts of the log
  };
  for (const api::Kind& kind : api::AllKinds()) {
    words.insert(kind.kind);
    AddEnums(*kind.schema, words);
  }
  return words;
}

}  // namespace

std::string ErrorsPage(const std::string& root) {
  return Head(
             "Errors, reasons and events",
             "What an error code, a reason in a status or an event means, and what helps. "
             "`osbxctl explain WORD` shows a row; a message beside the word says what it is about. "
             "A word without a message is no error.") +
         "\n## Errors of the API\n\nA `Status` object with HTTP status, reason, message and – for "
         "wrong input – one cause per field in `details.causes`. osbxctl ends with exit code "
         "1.\n\n" +
         Codes() + "\n## Conditions\n\n" + Words(api::WordUse::kCondition) +
         "\n## Reasons\n\nIn `status.reason`, in a condition and, for what changed, in an "
         "event.\n\n" +
         Words(api::WordUse::kReason) + "\n## Events\n\nBeside the reasons above.\n\n" +
         Words(api::WordUse::kEvent) + "\n## Findings of `osbxctl doctor`\n\n" +
         Words(api::WordUse::kFinding) +
         "\n## Codes of the SDK's API\n\nIn the `code` of an error of `/v1/sandboxes` and what is "
         "below it; the same words as the OpenSandbox server.\n\n" +
         SdkCodes(root);
}

std::vector<std::string> WrongWords(const std::string& root) {
  std::set<std::string, std::less<>> described;
  for (const api::StatusWord& row : api::AllStatusWords()) described.insert(std::string(row.word));
  const auto others = OtherWords();
  std::set<std::string> wrong;
  std::set<std::string, std::less<>> used;
  constexpr std::array kPlaces = {"pkg/reconcilers", "pkg/base/reason.h",
                                  "pkg/drivers/mount/mounter_inspect.cc", "pkg/agent/doctor.cc"};
  for (const char* place : kPlaces) {
    EachQuoted(root, place,
               [&](const std::string& file, std::string_view /*before*/, const std::string& text) {
                 used.insert(text);
                 if (!IsWord(text) || described.contains(text) || others.contains(text)) return;
                 wrong.insert(file + ": \"" + text + "\" is not described in api/status_words.cc");
               });
  }
  for (const std::string& word : described) {
    if (!used.contains(word))
      wrong.insert("api/status_words.cc: \"" + word + "\" is written by no source");
  }
  return {wrong.begin(), wrong.end()};
}

}  // namespace osbx::docgen
