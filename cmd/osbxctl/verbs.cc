// SPDX-License-Identifier: Apache-2.0
#include "verbs.h"

#include <array>

namespace osbx::ctl {
namespace {

constexpr std::array kVerbs{
    Verb{"apply", "Create or change objects from files, all or none", DeclareApply},
    Verb{"get", "List objects as a table, YAML or JSON", DeclareGet},
    Verb{"describe", "Show one object with its conditions, mounts and events", DeclareDescribe},
    Verb{"delete", "Delete objects and wait until they are gone", DeclareDelete},
    Verb{"wait", "Wait for a condition, a phase or the end of objects", DeclareWait},
    Verb{"logs", "Print the output of a sandbox", DeclareLogs},
    Verb{"exec", "Run a command in a sandbox", DeclareExec},
    Verb{"explain", "Describe the fields of a kind", DeclareExplain},
    Verb{"doctor", "Compare the store with Docker, mounts and directories", DeclareDoctor},
    Verb{"version", "Print the versions of osbxctl and osbxd", DeclareVersion},
};

}  // namespace

std::span<const Verb> AllVerbs() {
  return kVerbs;
}

}  // namespace osbx::ctl
