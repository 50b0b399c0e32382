#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The three scenarios – read-write, shared with a read-only user, two prefixes – for both versions of ossfs, as root and as uid 1000,
# and repair: what somebody else stops, removes or unmounts comes back.
# shellcheck disable=SC2016,SC2317 # functions are called through try
source "$(dirname "${BASH_SOURCE[0]}")/../../hack/lib.sh"
source "$ROOT/hack/lib_tap.sh"
own_stack

sandbox() { # NAME USER VERSION then NAME:PATH:PREFIX:READONLY…
  printf 'apiVersion: osbx.dev/v1\nkind: Sandbox\nmetadata: {name: %s}\nspec:\n  image: %s\n  user: "%s"\n  entrypoint: [sleep, infinity]\n  volumes:\n' \
    "$1" "$SANDBOX_IMAGE" "$2"
  local version=$3 volume
  for volume in "${@:4}"; do
    IFS=: read -r name path prefix read_only <<<"$volume"
    printf -- '  - {name: %s, mountPath: %s, subPath: %s, readOnly: %s, ossfs: {bucket: %s, endpoint: "%s", version: "%s", accessKeyId: %s, accessKeySecret: %s}}\n' \
      "$name" "$path" "$prefix" "$read_only" "$OSS_BUCKET" "$OSS_ENDPOINT" "$version" "$OSS_ACCESS_KEY_ID" "$OSS_ACCESS_KEY_SECRET"
  done
}
run() { osbxctl exec "$1" -- sh -c "$2"; }
ready() { osbxctl wait "$@" --for condition=Ready --timeout 60; }
container() { docker ps -aq --filter label=osbx.dev/name="$1"; }
mounts() { osbxctl get mounts --output name | wc -l; }

stack_up
for version in 1.0 2.0; do
  for user in 0:0 1000:1000; do
    id="${version%.0}-${user%:*}"
    { sandbox "rw-$id" $user $version "v:/mnt/v:s$id:false" && echo --- &&
      sandbox "ro-$id" $user $version "v:/mnt/v:s$id:true" && echo --- &&
      sandbox "two-$id" $user $version "a:/mnt/a:a$id:false" "b:/mnt/b:b$id:false"; } >"$OSBX_DEV_DIR/$id.yaml"
    try "ossfs $version as $user: applied" osbxctl apply -f "$OSBX_DEV_DIR/$id.yaml"
    try "ready" ready "sandbox/rw-$id" "sandbox/ro-$id" "sandbox/two-$id"
    try "unchanged when applied again" same 0 "$(osbxctl apply -f "$OSBX_DEV_DIR/$id.yaml" | grep -cv unchanged)"
    try "one sandbox writes" run "rw-$id" "echo $id > /mnt/v/f"
    try "the other reads it" same "$id" "$(run "ro-$id" "cat /mnt/v/f")"
    try "and cannot write" same "Read-only" "$(run "ro-$id" "echo x > /mnt/v/g" 2>&1 | grep -o Read-only)"
    try "each prefix is apart" run "two-$id" "echo 1 > /mnt/a/one && echo 2 > /mnt/b/two && ! test -e /mnt/a/two && ! test -e /mnt/b/one"
  done
done
try "shared paths are one mount each: 12 in all" same 12 "$(mounts)"
try "I5: no key in any object but the Secrets" same 0 "$(osbxctl get sandboxes,mounts,events -o yaml | grep -c "$OSS_ACCESS_KEY_SECRET")"
try "I5: nor in the container" same 0 "$(docker inspect "$(container rw-2-0)" | grep -c "$OSS_ACCESS_KEY_SECRET")"
try "I5: nor on a command line" same 0 "$(cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\0' ' ' | grep -v grep | grep -c "$OSS_ACCESS_KEY_SECRET")"
try "I5: nor in the log" same 0 "$(grep -c "$OSS_ACCESS_KEY_SECRET" "$OSBX_DEV_DIR/osbxd.log")"

docker rm -f "$(container rw-2-0)" >/dev/null
try "a removed container is made anew" wait_for 20 eval '[[ $(container rw-2-0) ]]'
try "and gets ready" ready sandbox/rw-2-0
try "with its data" same 2-0 "$(run rw-2-0 "cat /mnt/v/f")"
docker stop -t 0 "$(container ro-2-0)" >/dev/null
try "a stopped container is started again" wait_for 20 eval 'run ro-2-0 "cat /mnt/v/f"'
target=$(osbxctl get mounts -o custom-columns=T:.status.target --no-headers | grep /a2-0)
umount -l "$target"
try "an unmounted mount is mounted again" wait_for 20 mountpoint -q "$target"

mount=$(osbxctl get mounts -o custom-columns=N:.metadata.name,T:.status.target --no-headers | awk '/s2-0/ { print $1 }')
uid() { osbxctl get mount "$mount" -o custom-columns=U:.metadata.uid --no-headers; }
serving() { [[ $(uid) != "$1" && $(osbxctl get mount "$mount" -o custom-columns=P:.status.phase --no-headers) == Mounted ]]; }
old=$(uid)
osbxctl delete mount "$mount" --wait=false >/dev/null
curl -sf --noproxy '*' -X PATCH -H "Authorization: Bearer $OSBX_TOKEN" -H 'Content-Type: application/merge-patch+json' \
  -d '{"metadata":{"finalizers":null}}' "$OSBX_SERVER/apis/osbx.dev/v1/mounts/$mount" >/dev/null
try "a Mount object that somebody removed by force is made anew" wait_for 20 serving "$old"
try "and its sandboxes keep their data" run rw-2-0 "test \"\$(cat /mnt/v/f)\" = 2-0"

try "everything is deleted" osbxctl delete sandbox --all
try "the mounts go too" wait_for 60 eval '[[ $(mounts) == 0 ]]'
try "the Secrets made from inline keys go too" wait_for 10 eval '[[ ! $(osbxctl get secrets --output name) ]]'
try "nothing is mounted" empty mounts_below "$OSBX_DEV_DIR/mnt"
tap_end
