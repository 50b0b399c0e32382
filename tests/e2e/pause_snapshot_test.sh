#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Pausing and resuming by spec, and snapshots: taken of a paused sandbox, started from, kept while used, removed with their image.
# shellcheck disable=SC2016,SC2317 # functions are called through try
source "$(dirname "${BASH_SOURCE[0]}")/../../hack/lib.sh"
source "$ROOT/hack/lib_tap.sh"
own_stack

sandbox() { # NAME SOURCE [MORE]: SOURCE is one line of the spec
  osbxctl apply -f - <<YAML
apiVersion: osbx.dev/v1
kind: Sandbox
metadata: {name: $1}
spec:
  $2
  entrypoint: [sleep, infinity]
  terminationGracePeriodSeconds: 0
  ${3:-}
YAML
}
snapshot() { # NAME SANDBOX
  osbxctl apply -f - <<YAML
apiVersion: osbx.dev/v1
kind: Snapshot
metadata: {name: $1}
spec: {sandboxRef: {name: $2}}
YAML
}
state() { docker inspect -f '{{.State.Status}}' "$(docker ps -aq --filter label=osbx.dev/name="$1")"; }
becomes() { wait_for 20 eval "[[ \$(state $1) == $2 ]]"; }
phase() { osbxctl wait "$1" --for "phase=$2" --timeout 30; }
images() { docker images -q osbx-snapshots | wc -l; }

stack_up
image="image: $SANDBOX_IMAGE"
try "a sandbox runs" sandbox a "$image"
try "ready" osbxctl wait sandbox/a --for condition=Ready --timeout 30
try "it holds a file" osbxctl exec a -- sh -c 'echo kept > /root/file'
started=$(docker inspect -f '{{.State.StartedAt}}' "$(docker ps -q --filter label=osbx.dev/name=a)")
try "paused by its spec" sandbox a "$image" "paused: true"
try "its processes are frozen" becomes a paused
try "and it says so" phase sandbox/a Paused
docker unpause "$(docker ps -q --filter label=osbx.dev/name=a)" >/dev/null
try "somebody else's unpause is undone" becomes a paused
try "a snapshot of the paused sandbox" snapshot s a
try "gets ready" phase snapshot/s Ready
try "it is an image of ours" same 1 "$(images)"
try "resumed by its spec" sandbox a "$image" "paused: false"
try "its processes run on" becomes a running
try "the same ones" same "$started" "$(docker inspect -f '{{.State.StartedAt}}' "$(docker ps -q --filter label=osbx.dev/name=a)")"
try "a sandbox from the snapshot" sandbox b "snapshotRef: {name: s}"
try "ready too" osbxctl wait sandbox/b --for condition=Ready --timeout 30
try "with the file" same kept "$(osbxctl exec b -- cat /root/file)"
try "a snapshot that does not exist is named" sandbox c "snapshotRef: {name: nothing}"
try "as the reason" wait_for 10 eval '[[ $(osbxctl get sandbox c -o yaml) == *SnapshotNotReady* ]]'
try "a snapshot in use stays when deleted" osbxctl delete snapshot s --wait=false
try "with its image" same 1 "$(images)"
try "until its users go" osbxctl delete sandbox a b c
try "then it goes" wait_for 20 eval '[[ ! $(osbxctl get snapshots --output name) ]]'
try "and the image" wait_for 10 eval '[[ $(images) == 0 ]]'
tap_end
