# SPDX-License-Identifier: Apache-2.0
# The parts of hack/test: building a ring, the engine it needs, running one program, the table. What each program gave is one
# line of $RESULTS/rows: "ring TAB build TAB name TAB passed TAB failed TAB skipped TAB seconds". Sourced after lib.sh.
# shellcheck shell=bash

row() { (IFS=$'\t' && echo "$*") >>"$RESULTS/rows"; }

# tests_in RING: folders of the ring that hold C++ sources; each is the program RING_FOLDER.
tests_in() {
  local folder
  for folder in tests/"$1"/*/; do
    if [[ $(find "$folder" -name '*.cc' -print -quit 2>/dev/null) ]]; then basename "$folder"; fi
  done
}

# report NAME STATUS LOG: says how it went, and shows the log of a failure.
report() {
  if [[ $2 == 0 ]]; then
    printf '  ok    %s\n' "$1"
  else
    printf '  FAIL  %s (%s)\n' "$1" "$2"
    grep -vE '^\[ +(OK|RUN) +\]' "$3" | tail -n "${OSBX_LOG_LINES:-200}" | sed 's/^/        /'
  fi
}

# run_gtest RING BUILD NAME [GTEST_FILTER]: runs build/BUILD/tests/RING_NAME and counts its cases. A crash, a sanitizer's
# report or a time-out is one more failure, whatever the cases said.
run_gtest() {
  local ring=$1 build=$2 name=$3 filter=${4:-*} start=$SECONDS status=0 passed=0 failed=0 skipped=0
  local program=build/$build/tests/${ring}_$name log=$RESULTS/$ring-$build-$name.log json=$RESULTS/$ring-$build-$name.json
  local prefix=(timeout --kill-after=10 "${OSBX_TEST_TIMEOUT:-600}")
  if [[ ! -x $program ]]; then
    row "$ring" "$build" "$name" 0 1 0 0
    echo "  FAIL  ${ring}_$name ($build): not built"
    return
  fi
  # ThreadSanitizer of clang 16 does not cope with the wide address randomisation of newer kernels.
  if [[ $build == tsan ]]; then prefix+=(setarch "$(uname -m)" -R); fi
  if [[ $ring != unit && $(id -u) != 0 ]]; then prefix=(sudo -nE "${prefix[@]}"); fi
  "${prefix[@]}" "$program" --gtest_filter="$filter" --gtest_output="json:$json" --gtest_brief=1 >"$log" 2>&1 </dev/null || status=$?
  if [[ -s $json ]]; then
    read -r passed failed skipped < <(jq -r '[.testsuites[].testsuite[]] |
      "\(map(select(.failures == null and .result == "COMPLETED")) | length) \(map(select(.failures != null)) | length) \(
      map(select(.result == "SKIPPED" or .status == "NOTRUN")) | length)"' "$json")
  fi
  if [[ $status != 0 && $failed == 0 ]]; then failed=1; fi
  if [[ ${CI:-} == true && $skipped != 0 ]]; then failed=$((failed + skipped)) skipped=0 status=skipped; fi
  row "$ring" "$build" "$name" "$passed" "$failed" "$skipped" $((SECONDS - start))
  report "${ring}_$name ($build): $passed passed, $failed failed, $skipped skipped" "$([[ $failed == 0 ]] && echo 0 || echo "exit status $status")" "$log"
}

# run_script RING FILE: one executable; its "ok …" and "not ok …" lines (TAP) are its cases, else its exit status is the one case.
run_script() {
  local ring=$1 name start=$SECONDS status=0 passed failed log
  name=${2#tests/"$ring"/} && log=$RESULTS/$ring-${name//\//-}.log
  local prefix=(timeout --kill-after=10 "${OSBX_TEST_TIMEOUT:-900}")
  if [[ $(id -u) != 0 ]]; then prefix=(sudo -nE "${prefix[@]}"); fi
  "${prefix[@]}" "$2" >"$log" 2>&1 </dev/null || status=$?
  passed=$(grep -c '^ok ' "$log" || true) failed=$(grep -c '^not ok ' "$log" || true)
  if [[ $status != 0 && $failed == 0 ]]; then failed=1; fi
  if ((passed + failed == 0)); then passed=1; fi
  row "$ring" "${OSBX_PRESET:-release}" "$name" "$passed" "$failed" 0 $((SECONDS - start))
  report "$name: $passed passed, $failed failed" "$([[ $failed == 0 ]] && echo 0 || echo "exit status $status")" "$log"
}

# build_ring PRESET TARGET…: a failing build is a failure of its own; what could be built still runs.
build_ring() {
  if [[ $# -lt 2 || ${OSBX_SKIP_BUILD:-} ]]; then return 0; fi
  hack/build "$1" -k 0 "${@:2}" || row build "$1" "${*:2:3}" 0 1 0 0
}

# run_ring RING BUILD PARALLEL NAME…: runs the ring's gtest programs.
run_ring() {
  (($# > 3)) || return 0
  say "running $1 ($2): ${*:4}"
  export -f run_gtest row report
  # shellcheck disable=SC2016,SC2153  # the inner shell expands them; hack/test sets FILTER
  printf '%s\n' "${@:4}" | xargs -P "$3" -I NAME bash -c 'run_gtest "$@"' _ "$1" "$2" NAME "$FILTER"
}

# engine WORK: starts the tests' own dockerd below WORK, with the sandbox image, once; prints why that is impossible.
engine() {
  local why
  [[ ! -S $1/docker/docker.sock ]] || return 0
  [[ -c /dev/fuse ]] || { echo "no /dev/fuse"; return 1; }
  [[ $(id -u) == 0 ]] || sudo -n true 2>/dev/null || { echo "neither root nor sudo without a password"; return 1; }
  # Temporary directories of tests lie below a shared mount, as on a systemd host: containers bind them with rslave.
  why=$(as_root mount --bind "$1" "$1" 2>&1 && as_root mount --make-shared "$1" 2>&1) || { echo "cannot mount: $why"; return 1; }
  why=$(hack/dockerd start --dir "$1/docker" 2>&1) || { echo "no private dockerd: $why"; return 1; }
  why=$(as_root env "DOCKER_HOST=unix://$1/docker/docker.sock" hack/rootfs 2>&1) || { echo "no sandbox image: $why"; return 1; }
}

# close_engine WORK: takes it all away again.
close_engine() {
  if [[ -d $1/docker ]]; then hack/dockerd stop --dir "$1/docker" --purge; fi
  unmount_below "$1"
  as_root bash -c "$(declare -f remove_tree); remove_tree '$1'"
}

# summary: the table, the closing line, and failure unless something passed and nothing failed.
summary() {
  local passed failed
  echo
  {
    printf 'RING\tBUILD\tPROGRAM\tPASSED\tFAILED\tSKIPPED\tSECONDS\n'
    cat "$RESULTS/rows" 2>/dev/null
  } | column -t -s $'\t'
  read -r passed failed < <(awk -F'\t' '{ p += $4; f += $5 } END { print p + 0, f + 0 }' "$RESULTS/rows" 2>/dev/null || echo 0 0)
  echo
  echo "$passed passed, $failed failed"
  ((passed > 0 && failed == 0))
}
