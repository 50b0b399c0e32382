#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# How sandboxes and volumes end: expiry, also while osbxd is down; restart policies; volumes that are still in use.
# shellcheck disable=SC2317 # functions are called through try
source "$(dirname "${BASH_SOURCE[0]}")/../../hack/lib.sh"
source "$ROOT/hack/lib_tap.sh"
own_stack
source "$ROOT/hack/lib_dev.sh"

sandbox() { # NAME COMMAND [LINE…]
  printf -- '---\napiVersion: osbx.dev/v1\nkind: Sandbox\nmetadata: {name: %s}\nspec:\n  image: %s\n' "$1" "$SANDBOX_IMAGE"
  printf '  terminationGracePeriodSeconds: 0\n  entrypoint: [sh, -c, "%s"]\n' "$2"
  if (($# > 2)); then printf '  %s\n' "${@:3}"; fi
}
apply() { osbxctl apply -f -; }
ready() { osbxctl wait "$@" --for condition=Ready --timeout 60; }
field() { osbxctl get "$1" -o "custom-columns=F:$2" --no-headers; }
is() { same "$3" "$(field "$1" "$2")"; } # OBJECT PATH VALUE
at_least() { local now && now=$(field "$1" "$2") && echo "$now" && ((now >= $3)); }
container() { docker ps -aq --filter label=osbx.dev/name="$1"; }
exists() { [[ $(osbxctl get "$1" --output name 2>/dev/null) ]]; }
missing() { ! exists "$1"; }
no_containers() { [[ ! $(docker ps -aq --filter label=osbx.dev/uid) ]]; }

stack_up
{
  sandbox short "sleep 999" 'timeoutSeconds: 4'
  sandbox down "sleep 999" 'timeoutSeconds: 14'
  sandbox long "sleep 999" 'timeoutSeconds: 3600'
  sandbox "done" "exit 0" 'ttlSecondsAfterFinished: 2'
  sandbox never-0 "exit 0"
  sandbox never-3 "exit 3"
  sandbox failure-0 "exit 0" 'restartPolicy: OnFailure'
  sandbox failure-3 "exit 3" 'restartPolicy: OnFailure'
  sandbox always-0 "exit 0" 'restartPolicy: Always'
} | apply >/dev/null
try "a sandbox with a time-out runs" ready sandbox/long
try "Never: code 0 is Succeeded" wait_for 30 is sandbox/never-0 .status.phase Succeeded
try "Never: code 3 is Failed" wait_for 30 is sandbox/never-3 .status.phase Failed
try "and says so" is sandbox/never-3 .status.lastTermination.exitCode 3
try "its logs are still there" osbxctl logs never-3
try "OnFailure: code 0 is Succeeded" wait_for 30 is sandbox/failure-0 .status.phase Succeeded
try "OnFailure: code 3 is started again" wait_for 30 at_least sandbox/failure-3 .status.restartCount 2
try "with pauses that grow" wait_for 30 is sandbox/failure-3 .status.reason CrashLoopBackOff
try "Always: code 0 is started again" wait_for 30 at_least sandbox/always-0 .status.restartCount 2
try "an expired sandbox goes" wait_for 30 missing sandbox/short
try "with its container" empty container short
try "a finished one goes after its ttl" wait_for 30 missing sandbox/done
before=$(container long)
past() { (($(date +%s) > $1)); }
expires=$(date +%s -d "$(field sandbox/down .status.expiresAt)")
stop_osbxd
try "another expires while osbxd is down" wait_for 20 past "$expires"
hack/dev restart >/dev/null 2>&1
try "it goes at the next start" wait_for 30 missing sandbox/down
try "with its container" empty container down
try "another was not touched" same "$before" "$(container long)"

apply >/dev/null <<YAML
apiVersion: osbx.dev/v1
kind: Volume
metadata: {name: data}
spec: {ossfs: {bucket: $OSS_BUCKET, endpoint: "$OSS_ENDPOINT", accessKeyId: $OSS_ACCESS_KEY_ID, accessKeySecret: $OSS_ACCESS_KEY_SECRET}}
$(sandbox user "sleep 999" 'volumes: [{name: v, mountPath: /mnt/v, subPath: s, volumeRef: {name: data}}]')
YAML
try "a sandbox uses a Volume" ready sandbox/user
osbxctl delete volume data --wait=false >/dev/null
deleted=$(date +%s)
try "the deleted Volume stays for it" wait_for 20 is volume/data '.status.conditions[?(@.type=="Ready")].reason' Terminating
try "and names it" same user "$(field volume/data '.status.users[0]')"
try "its data stay readable" osbxctl exec user -- sh -c "echo x > /mnt/v/f && cat /mnt/v/f"
try "later" wait_for 5 past "$deleted" # times of objects are whole seconds
sandbox late "sleep 999" 'volumes: [{name: v, mountPath: /mnt/v, volumeRef: {name: data}}]' | apply >/dev/null
try "a newcomer is told" wait_for 20 is sandbox/late .status.reason VolumeTerminating
osbxctl delete sandbox user >/dev/null
try "the Volume goes with its last user" wait_for 20 missing volume/data
try "the newcomer is told that too" wait_for 20 is sandbox/late .status.reason VolumeNotFound

target=$(mktemp -d "$OSBX_DEV_DIR/host/XXXX")
sandbox drift "sleep 999" "volumes: [{name: v, mountPath: /mnt/v, host: {path: $target}}]" 'resources: {limits: {memory: 64Mi}}' | apply >/dev/null
try "a sandbox with a limit" ready sandbox/drift
docker update --memory 128m --memory-swap 128m "$(container drift)" >/dev/null
memory() { docker inspect -f '{{.HostConfig.Memory}}' "$(container drift)"; }
limited() { [[ $(memory) == $((64 << 20)) ]]; }
try "a limit that somebody changed is brought back" wait_for 20 limited
docker pause "$(container drift)" >/dev/null
running() { [[ $(docker inspect -f '{{.State.Status}}' "$(container drift)") == running ]]; }
try "a frozen container is thawed" wait_for 20 running
docker kill "$(container drift)" >/dev/null
try "a killed container is started again" wait_for 20 running
docker rm -f "$(container drift)" >/dev/null
try "a removed container is made anew" wait_for 20 running
try "and counted" wait_for 20 at_least sandbox/drift .status.restartCount 1
try "everything is deleted" osbxctl delete sandbox --all
try "no container is left" wait_for 20 no_containers
try "nothing is mounted" wait_for 30 empty mounts_below "$OSBX_DEV_DIR/mnt"
try "the doctor finds nothing" osbxctl doctor
tap_end
