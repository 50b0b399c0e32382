// SPDX-License-Identifier: Apache-2.0
#include "fakes/fake_docker/script.h"

#include <cstdlib>
#include <sstream>
#include <utility>

namespace osbx::fakes::docker {
namespace {

std::vector<std::string> Words(const std::string& command) {
  std::istringstream in(command);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

std::string Join(const std::vector<std::string>& words, std::size_t first) {
  std::string text;
  for (std::size_t i = first; i < words.size(); ++i) text += (i == first ? "" : " ") + words[i];
  return text + "\n";
}

// One simple command; true when the script ends or stays with it.
bool Step(std::vector<std::string> words, Script& script) {
  if (words.empty()) return false;
  if (words[0] == "echo") {
    const bool to_stderr = words.back() == ">&2";
    if (to_stderr) words.pop_back();
    script.output.push_back({to_stderr, Join(words, 1)});
    return false;
  }
  if (words[0] == "true") return false;
  if (words[0] == "cat") {
    script.reads_stdin = true;
    return false;
  }
  if (words[0] == "false" || words[0] == "exit") {
    script.exit_code = words[0] == "false" ? 1 : words.size() > 1 ? std::atoi(words[1].c_str()) : 0;
    return words[0] == "exit";
  }
  script.exit_code = std::nullopt;  // sleep, and whatever else it may be
  return true;
}

}  // namespace

Script Interpret(const std::vector<std::string>& argv) {
  Script script;
  script.exit_code = 0;
  if (argv.size() != 3 || argv[0] != "sh" || argv[1] != "-c") {
    Step(argv, script);
    return script;
  }
  std::istringstream commands(argv[2]);
  for (std::string command; std::getline(commands, command, ';');) {
    if (Step(Words(command), script)) break;
  }
  return script;
}

}  // namespace osbx::fakes::docker
