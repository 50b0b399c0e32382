#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A FUSE server dies under running containers: the mount is made anew and put into them, without a restart, without a moment in
# which the bare directory shows, and read-only where it was; also when osbxd was not there to see it.
# shellcheck disable=SC2016,SC2317 # functions are called through try
source "$(dirname "${BASH_SOURCE[0]}")/../../hack/lib.sh"
source "$ROOT/hack/lib_tap.sh"
own_stack

sandbox() { # NAME VERSION READ_ONLY: notes in /missing when it ever finds the file missing rather than unreachable
  osbxctl apply -f - <<YAML
apiVersion: osbx.dev/v1
kind: Sandbox
metadata: {name: $1}
spec:
  image: $SANDBOX_IMAGE
  entrypoint:
  - sh
  - -c
  - 'while :; do cat /mnt/v/file >/dev/null 2>/err || { grep -q "No such file" /err && [ -e /armed ] && : >/missing; sleep 0.01; }; done'
  terminationGracePeriodSeconds: 0
  volumes:
  - name: v
    mountPath: /mnt/v
    readOnly: $3
    subPath: heal
    ossfs: {bucket: $OSS_BUCKET, endpoint: "$OSS_ENDPOINT", version: "$2", credentialsRef: {name: keys}}
YAML
}
inside() { osbxctl exec "$1" -- sh -c "$2"; }
reads() { [[ $(inside "$1" 'cat /mnt/v/file' 2>/dev/null) == "$2" ]]; }
container() { docker ps -q --no-trunc --filter label=osbx.dev/name="$1"; }
started() { docker inspect -f '{{.Id}} {{.State.StartedAt}}' "$(container "$1")"; }
mount_of() { osbxctl get sandbox "$1" -o jsonpath='{.status.volumes[0].mount}'; }
server_of() { osbxctl get mount "$(mount_of "$1")" -o jsonpath='{.status.pid}'; }
ready() { osbxctl wait "sandbox/$1" --for condition=Ready --timeout 30; }
told() { osbxctl get events -o yaml | grep "reason: $1"; }
new_server() { [[ $(server_of "$1") && $(server_of "$1") != "$2" ]]; }

stack_up
osbxctl apply -f - <<<"$(printf 'apiVersion: v1\nkind: Secret\nmetadata: {name: keys}\nstringData: {accessKeyId: "%s", accessKeySecret: "%s"}\n' \
  "$OSS_ACCESS_KEY_ID" "$OSS_ACCESS_KEY_SECRET")" >/dev/null

for version in 2.0 1.0; do
  try "$version: a writer" sandbox "rw-${version%.0}" "$version" false
  try "$version: a reader of the same mount" sandbox "ro-${version%.0}" "$version" true
  rw=rw-${version%.0} ro=ro-${version%.0}
  try "$version: both run" eval "ready $rw && ready $ro"
  try "$version: a file" inside "$rw" 'echo one >/mnt/v/file'
  try "$version: the other reads it" wait_for 20 reads "$ro" one
  for name in "$rw" "$ro"; do inside "$name" ': >/armed'; done
  before_rw=$(started "$rw") before_ro=$(started "$ro") server=$(server_of "$rw")
  kill -9 "$server"
  try "$version: its server dies: another comes" wait_for 20 new_server "$rw" "$server"
  try "$version: the writer reads again" wait_for 20 reads "$rw" one
  try "$version: the reader reads again" wait_for 20 reads "$ro" one
  try "$version: both are ready again" eval "ready $rw && ready $ro"
  try "$version: the writer writes" inside "$rw" 'echo two >/mnt/v/other'
  try "$version: the reader cannot" same "Read-only" "$(inside "$ro" 'echo x >/mnt/v/file' 2>&1 | grep -o Read-only)"
  try "$version: neither was restarted" same "$before_rw $before_ro" "$(started "$rw") $(started "$ro")"
  try "$version: neither saw the bare directory" inside "$rw" '[ ! -e /missing ]'
  try "$version: nor the other" inside "$ro" '[ ! -e /missing ]'
  try "$version: one mount inside" same 1 "$(inside "$rw" 'grep -c " /mnt/v " /proc/self/mountinfo')"
done
try "it was told" told MountReplaced

server=$(server_of rw-2) before=$(started rw-2)
kill -9 "$(cat "$OSBX_DEV_DIR/osbxd.pid")"
kill -9 "$server"
try "osbxd and a server die together; osbxd comes back" hack/dev up
try "the container reads again" wait_for 30 reads rw-2 one
try "it was not restarted" same "$before" "$(started rw-2)"
try "everything is deleted" osbxctl delete sandbox --all --timeout 60
try "nothing is mounted" wait_for 60 empty mounts_below "$OSBX_DEV_DIR/mnt"
try "the doctor finds nothing" osbxctl doctor
tap_end
