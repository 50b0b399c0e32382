// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include <CLI/CLI.hpp>

#include "verbs.h"

namespace osbx::ctl {
namespace {

// Bash breaks words at "=" and ":"; the line itself does not, so it is split here, and what stands
// before the last break is taken off the candidates again. No candidate: bash completes files.
constexpr const char* kBash = R"(# bash completion for osbxctl
_osbxctl() {
  local -a words
  local line=${COMP_LINE:0:COMP_POINT} last candidate
  read -ra words <<<"$line"
  if [[ $line == *[[:space:]] ]]; then words+=(""); fi
  last=${words[${#words[@]} - 1]}
  COMPREPLY=()
  while IFS=$'\t' read -r candidate _; do
    COMPREPLY+=("$candidate")
  done < <("${words[0]}" __complete "${words[@]:1}" 2>/dev/null)
  local break
  for break in = :; do
    if [[ $COMP_WORDBREAKS == *$break* && $last == *$break* ]]; then
      COMPREPLY=("${COMPREPLY[@]#"${last%"$break"*}$break"}")
    fi
  done
  if [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *= ]]; then compopt -o nospace 2>/dev/null; fi
}
complete -o default -F _osbxctl osbxctl
)";

constexpr const char* kZsh = R"(#compdef osbxctl
_osbxctl() {
  local -a lines texts shown
  local line
  lines=("${(@f)$("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  for line in $lines; do
    texts+=("${line%%$'\t'*}")
    if [[ -n ${line#*$'\t'} ]]; then
      shown+=("${line%%$'\t'*}  -- ${line#*$'\t'}")
    else
      shown+=("${line%%$'\t'*}")
    fi
  done
  if (( ${#texts} )); then
    compadd -l -d shown -a texts
  else
    _files
  fi
}
if [[ $funcstack[1] == _osbxctl ]]; then _osbxctl "$@"; else compdef _osbxctl osbxctl; fi
)";

constexpr const char* kFish = R"(# fish completion for osbxctl
function __osbxctl_complete
    set -l before (commandline -opc)
    set -l last (commandline -ct)
    set -l lines ($before[1] __complete $before[2..-1] "$last" 2>/dev/null)
    if test (count $lines) -gt 0
        printf '%s\n' $lines
    else
        __fish_complete_path "$last"
    end
end
complete -c osbxctl -e
complete -c osbxctl -f -a '(__osbxctl_complete)'
)";

}  // namespace

std::function<int()> DeclareCompletion(CLI::App& command, Context& /*context*/) {
  auto shell = std::make_shared<std::string>();
  command.add_option("shell", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  return [shell] {
    std::fputs(*shell == "bash" ? kBash : *shell == "zsh" ? kZsh : kFish, stdout);
    return kOk;
  };
}

}  // namespace osbx::ctl
