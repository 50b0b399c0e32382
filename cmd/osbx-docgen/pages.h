// SPDX-License-Identifier: Apache-2.0
// The generated pages of docs/, each a pure function of the tables that the programs use (and, for
// the codes of the SDK's API and the check of words, of the sources below `root`). Deterministic.
#pragma once

#include <string>
#include <vector>

namespace osbx::docgen {

std::string ApiPage();                            // kinds, fields, routes
std::string ErrorsPage(const std::string& root);  // HTTP errors, words of statuses, SDK codes
std::string SettingsPage();                       // osbxd.toml
std::string VerbsPage();                          // osbxctl's help

// Words in the sources that api/status_words.cc does not describe, and words it describes that no
// source has: "FILE: …". Empty when both agree.
std::vector<std::string> WrongWords(const std::string& root);

}  // namespace osbx::docgen
