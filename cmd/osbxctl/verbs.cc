// SPDX-License-Identifier: Apache-2.0
#include "verbs.h"

#include <array>

namespace osbx::ctl {
namespace {

constexpr const char* kBasic = "Objects";
constexpr const char* kRunning = "Running sandboxes";
constexpr const char* kOther = "Other";

constexpr std::array kVerbs{
    Verb{"apply", kBasic, "Create or change objects from files, all or none",
         "  osbxctl apply -f sandbox.yaml\n  osbxctl apply -f manifests/ --dry-run=server\n"
         "  cat sandbox.yaml | osbxctl apply -f -",
         DeclareApply},
    Verb{"diff", kBasic, "Show what apply would change",
         "  osbxctl diff -f sandbox.yaml\n  osbxctl diff -f - <sandbox.yaml", DeclareDiff},
    Verb{"get", kBasic, "List objects as a table, YAML, JSON or in a format of one's own",
         "  osbxctl get sandboxes,mounts\n  osbxctl get sbx -w\n  osbxctl get sandbox/web -o yaml\n"
         "  osbxctl get mnt -o custom-columns=NAME:.metadata.name,TARGET:.status.target\n"
         "  osbxctl get sbx -o jsonpath='{range .items[*]}{.metadata.name}{\"\\n\"}{end}'",
         DeclareGet},
    Verb{"describe", kBasic, "Show one object with its conditions, mounts and events",
         "  osbxctl describe sandbox web\n  osbxctl describe mounts", DeclareDescribe},
    Verb{"delete", kBasic, "Delete objects and wait until they are gone",
         "  osbxctl delete sandbox web\n  osbxctl delete -f sandbox.yaml --wait=false\n"
         "  osbxctl delete sandboxes -l app=web",
         DeclareDelete},
    Verb{"wait", kBasic, "Wait for a condition, a phase, a value, or the end of objects",
         "  osbxctl wait sandbox/web --for=condition=Ready --timeout=2m\n"
         "  osbxctl wait sandbox --all --for=phase=Running\n"
         "  osbxctl wait sandbox/web --for=delete",
         DeclareWait},
    Verb{"events", kBasic, "List what happened, oldest first",
         "  osbxctl events -w\n  osbxctl events --for sandbox/web --types=Warning", DeclareEvents},
    Verb{
        "logs", kRunning, "Print the output of sandboxes",
        "  osbxctl logs web -f\n  osbxctl logs web --tail=20 --since=5m\n  osbxctl logs -l app=web",
        DeclareLogs},
    Verb{"exec", kRunning, "Run a command in a sandbox",
         "  osbxctl exec -it web -- sh\n  osbxctl exec web -- ls /mnt/data\n"
         "  tar c . | osbxctl exec -i web -- tar x -C /tmp",
         DeclareExec},
    Verb{"top", kRunning, "Show what sandboxes consume",
         "  osbxctl top sandboxes\n  osbxctl top sandbox web", DeclareTop},
    Verb{"doctor", kOther, "Compare the store with Docker, mounts, processes and directories",
         "  osbxctl doctor\n  osbxctl doctor --fix", DeclareDoctor},
    Verb{"explain", kOther, "Describe the fields of a kind, or what a reason means",
         "  osbxctl explain sandbox.spec.volumes\n  osbxctl explain mount --recursive\n"
         "  osbxctl explain ImagePullDenied",
         DeclareExplain},
    Verb{"completion", kOther, "Print the completion script of a shell",
         "  source <(osbxctl completion bash)\n"
         "  osbxctl completion zsh >\"${fpath[1]}/_osbxctl\"\n  osbxctl completion fish | source",
         DeclareCompletion},
    Verb{"version", kOther, "Print the versions of osbxctl and osbxd",
         "  osbxctl version\n  osbxctl version --client -o json", DeclareVersion},
};

}  // namespace

std::span<const Verb> AllVerbs() {
  return kVerbs;
}

}  // namespace osbx::ctl
