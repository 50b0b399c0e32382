// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <cstdio>
#include <thread>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "resources.h"
#include "verbs.h"

namespace osbx::ctl {
namespace {

struct Options {
  std::vector<std::string> words;
  std::string what;  // --for
  bool all = false;
  std::string timeout = "30s";
};

struct Goal {
  enum class Kind { kCondition, kPhase, kDelete } kind = Kind::kCondition;
  std::string name;   // of the condition
  std::string value;  // wanted
};

Result<Goal> ParseGoal(const std::string& text) {
  if (text == "delete") return Goal{.kind = Goal::Kind::kDelete, .name = {}, .value = {}};
  if (text.starts_with("phase="))
    return Goal{.kind = Goal::Kind::kPhase, .name = {}, .value = text.substr(6)};
  if (text.starts_with("condition=")) {
    const std::string rest = text.substr(10);
    const auto equal = rest.find('=');
    return Goal{.kind = Goal::Kind::kCondition,
                .name = rest.substr(0, equal),
                .value = equal == std::string::npos ? "True" : rest.substr(equal + 1)};
  }
  return Error(
      Code::kInvalid,
      "--for: expected condition=NAME[=VALUE], phase=VALUE or delete, got \"" + text + "\"");
}

// What the object says about the goal; `note` is for people who wait.
bool Reached(const Goal& goal, const Json& object, std::string& note) {
  const Json status = object.value("status", Json::object());
  if (goal.kind == Goal::Kind::kPhase) {
    note = "phase " + status.value("phase", "unknown") + " " + status.value("message", "");
    return status.value("phase", "") == goal.value;
  }
  for (const Json& condition : status.value("conditions", Json::array())) {
    if (condition.value("type", "") != goal.name) continue;
    note = goal.name + "=" + condition.value("status", "") + " " + condition.value("reason", "") +
           " " + condition.value("message", "");
    return condition.value("status", "") == goal.value;
  }
  note = "no condition " + goal.name + " yet";
  return false;
}

Result<> WaitFor(client::RestClient& client, const Target& target, const std::string& ns,
                 const Goal& goal, std::chrono::steady_clock::time_point deadline) {
  std::string said;
  std::string note;
  const std::string shown = target.resource.Display(target.name);
  for (auto pause = std::chrono::milliseconds(10);;
       pause = std::min(pause * 2, std::chrono::milliseconds(250))) {
    const auto object = client.DoJson({.path = target.resource.Path(ns, target.name)});
    const bool missing = !object && object.error().code() == Code::kNotFound;
    if (goal.kind == Goal::Kind::kDelete) {
      if (missing) break;
      note = "still there";
    }
    if (!object) return object.error();
    if (goal.kind != Goal::Kind::kDelete && Reached(goal, *object, note)) break;
    if (std::chrono::steady_clock::now() >= deadline) {
      return Error(Code::kDeadlineExceeded, "timed out waiting for " + shown + ": " + note);
    }
    if (ErrorIsTerminal() && note != said) {
      std::fprintf(stderr, "%s: %s\n", shown.c_str(), note.c_str());
      said = note;
    }
    std::this_thread::sleep_for(pause);
  }
  std::printf("%s %s\n", shown.c_str(),
              goal.kind == Goal::Kind::kDelete ? "deleted" : "condition met");
  std::fflush(stdout);
  return {};
}

Result<int> Wait(Context& context, const Options& options) {
  OSBX_TRY(const Goal goal, ParseGoal(options.what));
  OSBX_TRY(client::RestClient * client, context.Client());
  OSBX_TRY(const std::vector<Resource> all, Discover(*client));
  OSBX_TRY(std::vector<Target> targets, ParseTargets(all, options.words));
  std::vector<Target> named;
  for (const Target& target : targets) {
    if (!target.name.empty()) {
      named.push_back(target);
      continue;
    }
    if (!options.all) return Error(Code::kInvalid, "name what to wait for, or use --all");
    OSBX_TRY(const Json list, client->DoJson({.path = target.resource.Path(context.Namespace())}));
    for (const Json& item : list["items"])
      named.push_back({target.resource, item["metadata"].value("name", "")});
  }
  if (named.empty()) return Error(Code::kNotFound, "no matching resources found");
  OSBX_TRY(const std::chrono::seconds timeout, ParseDuration(options.timeout));
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  for (const Target& target : named)
    OSBX_CHECK(WaitFor(*client, target, context.Namespace(), goal, deadline));
  return kOk;
}

}  // namespace

std::function<int()> DeclareWait(CLI::App& command, Context& context) {
  auto options = std::make_shared<Options>();
  command.add_option("what", options->words, "TYPE/NAME…, TYPE NAME…, or TYPE with --all")
      ->required();
  command.add_option("--for", options->what, "condition=NAME[=VALUE], phase=VALUE or delete")
      ->required();
  command.add_flag("--all", options->all, "All of the type in the namespace");
  command.add_option("--timeout", options->timeout, "How long to wait in all: 30, 90s, 5m or 1h")
      ->capture_default_str();
  return [options, &context] {
    const auto code = Wait(context, *options);
    return code ? *code : Fail(code.error());
  };
}

}  // namespace osbx::ctl
