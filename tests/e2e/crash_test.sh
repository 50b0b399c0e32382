#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# I4: osbxd killed with SIGKILL at many random moments of apply and delete converges after each restart, with nothing leaked and
# without restarting a healthy sandbox. OSBX_CRASHES sets how many kills (default 12).
# shellcheck disable=SC2317 # functions are called through try
source "$(dirname "${BASH_SOURCE[0]}")/../../hack/lib.sh"
source "$ROOT/hack/lib_tap.sh"
own_stack

kill_osbxd() { kill -KILL "$(cat "$OSBX_DEV_DIR/osbxd.pid")" && rm -f "$OSBX_DEV_DIR/osbxd.pid"; }
ready() { osbxctl wait sandbox/writer sandbox/reader sandbox/two --for condition=Ready --timeout 60 >/dev/null; }
start_time() { docker ps -q --filter label=osbx.dev/name="$1" | xargs -r docker inspect -f '{{.Id}} {{.State.StartedAt}}'; }
none_left() { [[ ! $(osbxctl get mounts --output name 2>/dev/null) && ! $(docker ps -aq --filter label=osbx.dev/uid) ]]; }
credential_files() { find "$OSBX_DEV_DIR/run/creds" -type f 2>/dev/null; }
slots() { ls "$OSBX_DEV_DIR/run/slots"; }

stack_up
sed "s|http://127.0.0.1:9000|$OSS_ENDPOINT|" manifests/samples/quickstart.yaml >"$OSBX_DEV_DIR/objects.yaml"
try "a sandbox that nothing happens to" osbxctl apply -f manifests/samples/sandbox.yaml
try "it runs" osbxctl wait sandbox/hello --for condition=Ready --timeout 60
before=$(start_time hello)

for round in $(seq "${OSBX_CRASHES:-12}"); do
  pause=$(printf '0.%03d' $((RANDOM % 600)))
  osbxctl apply -f "$OSBX_DEV_DIR/objects.yaml" >/dev/null
  sleep "$pause"
  kill_osbxd
  hack/dev restart >/dev/null
  try "round $round: ready after a kill $pause s into apply" ready
  osbxctl delete --wait=false -f "$OSBX_DEV_DIR/objects.yaml" >/dev/null
  sleep "$pause"
  kill_osbxd
  hack/dev restart >/dev/null
  try "round $round: gone after a kill $pause s into delete" \
    osbxctl wait sandbox/writer sandbox/reader sandbox/two --for delete --timeout 60
done
try "the healthy sandbox was never restarted" same "$before" "$(start_time hello)"
osbxctl delete sandbox hello >/dev/null
try "no mount and no container is left" wait_for 30 none_left
try "no credential file is left" empty credential_files
try "no slot is left" empty slots
try "nothing is mounted below the root" empty mounts_below "$OSBX_DEV_DIR/mnt"
try "no directory is left below the root" empty find "$OSBX_DEV_DIR/mnt" -mindepth 1 -not -name .osbx
try "the doctor finds nothing" osbxctl doctor
tap_end
