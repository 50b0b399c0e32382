# SPDX-License-Identifier: Apache-2.0
# For end-to-end tests that are scripts: each step is one line "ok …" or "not ok …" (TAP), which hack/test counts.
# shellcheck shell=bash
tap_failed=0 tap_count=0

# try NAME COMMAND…: runs the step; its output is shown when it fails. Later steps still run.
try() {
  local out
  tap_count=$((tap_count + 1))
  out=$(mktemp)
  if "${@:2}" >"$out" 2>&1; then
    echo "ok $tap_count - $1"
  else
    echo "not ok $tap_count - $1"
    sed 's/^/# /' "$out"
    tap_failed=$((tap_failed + 1))
  fi
  rm -f "$out"
}

# test_environment: the programs of the build on PATH, nothing installed or built again, no engine but the test's own.
test_environment() {
  export OSBX_SKIP_DEPS=1 OSBX_SKIP_BUILD=1
  unset DOCKER_HOST
  PATH=$ROOT/build/${OSBX_PRESET:-release}/bin:$PATH
}

# own_stack: a local stack of this test alone, in $OSBX_DEV_DIR; it goes when the script ends, after before_down if the script has
# a function of that name. Source lib_dev.sh after it, not before.
own_stack() {
  test_environment
  OSBX_DEV_DIR=$(mktemp -d)
  export OSBX_DEV_DIR OSBX_DEV_GC_GRACE=${OSBX_DEV_GC_GRACE:-1}
  trap stack_down EXIT
}
stack_down() {
  if declare -F before_down >/dev/null; then before_down; fi
  hack/dev down --purge
}

# stack_up: the first step of a test with a stack; its variables are those of hack/dev env from here on.
stack_up() {
  try "the stack comes up" hack/dev up
  eval "$(hack/dev env)"
}

# Things to try: the output of a command is empty, two texts are the same and not empty.
empty() { local out && out=$("$@") && echo "$out" && [[ -z $out ]]; }
same() { echo "\"$1\" and \"$2\"" && [[ -n $1 && $1 == "$2" ]]; }
differ() { echo "\"$1\" and \"$2\"" && [[ $1 != "$2" ]]; }

# processes_naming TEXT: those whose command line holds TEXT.
processes_naming() {
  local file line
  for file in /proc/[0-9]*/cmdline; do
    line=$(tr '\0' ' ' <"$file") 2>/dev/null || continue
    if [[ $line == *"$1"* ]]; then echo "$line"; fi
  done
}

tap_end() {
  echo "1..$tap_count"
  exit $((tap_failed > 0))
}
