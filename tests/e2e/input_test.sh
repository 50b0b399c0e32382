#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Wrong input is refused as a whole: exit code 1, a message that names the file and the field, and nothing is made.
# shellcheck disable=SC2317 # functions are called through try
source "$(dirname "${BASH_SOURCE[0]}")/../../hack/lib.sh"
source "$ROOT/hack/lib_tap.sh"
own_stack
in=$OSBX_DEV_DIR/in.yaml

objects() { osbxctl get sandboxes,volumes,secrets,mounts --output name; }
# refused TEXT…: applying standard input fails, the message has every TEXT, and there is no object afterwards.
refused() {
  local text status=0 out
  cat >"$in"
  out=$(osbxctl apply -f "$in" 2>&1) || status=$?
  printf 'exit %s\n%s\n' "$status" "$out"
  [[ $status == 1 ]] || return 1
  for text in in.yaml "$@"; do [[ $out == *"$text"* ]] || { echo "no \"$text\"" && return 1; }; done
  empty objects
}
sandbox() { printf 'apiVersion: osbx.dev/v1\nkind: Sandbox\nmetadata: {name: %s}\nspec:\n  image: %s\n%s\n' "$1" "$SANDBOX_IMAGE" "${2:-}"; }
# with FIELD VALUE: a sandbox with one volume, in which one field has another value. Values are YAML.
with() {
  local -A v=([name]=v [mountPath]=/mnt/v [subPath]=p [bucket]=demo [endpoint]='"http://127.0.0.1:1"' [version]='"2.0"' [options]='[]'
    [accessKeyId]=id [accessKeySecret]=top-secret)
  v[$1]=$2
  local source="bucket: ${v[bucket]}, endpoint: ${v[endpoint]}, version: ${v[version]}, options: ${v[options]}"
  sandbox a "  volumes:
  - {name: ${v[name]}, mountPath: ${v[mountPath]}, subPath: ${v[subPath]}, ossfs: {$source, accessKeyId: ${v[accessKeyId]}, accessKeySecret: ${v[accessKeySecret]}}}"
}

stack_up
try "YAML that does not parse: line and column" refused :2:15 <<<$'kind: Sandbox\nmetadata: {a: ]\n'
try "a tab as indentation: its line" refused :3: <<<$'kind: Sandbox\nmetadata:\n\tname: a\n'
try "a field given twice" refused ':1' 'duplicate field' <<<$'kind: Sandbox\nkind: Sandbox\n'
try "no kind" refused 'apiVersion and kind' <<<'metadata: {name: a}'
try "no name" refused metadata.name <<<$'apiVersion: osbx.dev/v1\nkind: Sandbox\nspec: {image: a}'
try "an unknown kind" refused Sandbax <<<$'apiVersion: osbx.dev/v1\nkind: Sandbax\nmetadata: {name: a}'
try "an unknown version" refused osbx.dev/v9 <<<$'apiVersion: osbx.dev/v9\nkind: Sandbox\nmetadata: {name: a}'
try "an unknown field" refused spec.imagee <<<"$(sandbox a '  imagee: x')"
try "a text for a number" refused spec.timeoutSeconds <<<"$(sandbox a '  timeoutSeconds: soon')"
try "an object for a list" refused spec.env <<<"$(sandbox a '  env: {A: b}')"
try "not an object at all" refused 'must be an object' <<<'- 1'
try "a newline in the name of a variable" refused 'spec.env[0].name' <<<"$(sandbox a $'  env: [{name: "A\\nB", value: x}]')"
try "two variables of one name" refused spec.env 'name="A"' <<<"$(sandbox a '  env: [{name: A}, {name: A}]')"
try "a memory limit that is none" refused spec.resources.limits <<<"$(sandbox a '  resources: {limits: {memory: lots}}')"
try "an end in the past" refused spec.expiresAt <<<"$(sandbox a '  expiresAt: "2001-01-01T00:00:00Z"')"
for name in UPPER '"-a"' '"a/../b"' '"a b"' '""'; do try "the name $name" refused metadata.name <<<"$(sandbox "$name")"; done

while IFS='|' read -r field value; do
  try "$field: $value" refused "spec.volumes[0].$field" <<<"$(with "${field##*.}" "$value")"
done <<'ROWS'
name|"V_1"
name|"-v"
mountPath|relative
mountPath|/
mountPath|/mnt/../etc
mountPath|"/mnt/\u0001"
mountPath|"/mnt/a\nb"
mountPath|/proc
mountPath|/proc/self
mountPath|/sys
mountPath|/dev
mountPath|/.osbx/bin
mountPath|/etc/hosts
subPath|../other
subPath|a/../../b
subPath|/absolute
subPath|"a\u0007"
subPath|"a\nb"
ossfs.bucket|UPPER
ossfs.bucket|"-bucket"
ossfs.bucket|"a/b"
ossfs.bucket|"a\nb"
ossfs.endpoint|"http://a b"
ossfs.endpoint|"ftp://example.com"
ossfs.version|"3.0"
ossfs.options|["allow_other\nurl=http://evil"]
ossfs.options|["-ouse_cache=/"]
ossfs.options|["passwd_file=/etc/shadow"]
ossfs.options|["allow_other","uid=1,logfile=/etc/x"]
ossfs.accessKeyId|"a\nb"
ossfs.accessKeySecret|"top-secret\nx"
ROWS
try "no message repeats a key" same 0 "$(grep -c top-secret "$OSBX_DEV_DIR/osbxd.log")"
host() { printf '  - {name: %s, mountPath: %s, host: {path: %s}}\n' "$1" "$2" "${3:-$OSBX_DEV_DIR/host}"; }
try "two volumes of one name" refused spec.volumes 'name="v"' <<<"$(sandbox a "  volumes:"$'\n'"$(host v /a)"$'\n'"$(host v /b)")"
try "two volumes at one path" refused 'spec.volumes[1].mountPath' <<<"$(sandbox a "  volumes:"$'\n'"$(host v /a)"$'\n'"$(host w /a)")"
try "a volume of no kind" refused 'spec.volumes[0]' <<<"$(sandbox a '  volumes: [{name: v, mountPath: /a}]')"
try "a host path with .." refused 'spec.volumes[0].host.path' <<<"$(sandbox a "  volumes:"$'\n'"$(host v /a /srv/../etc)")"

try "the second of two documents is wrong: neither is made" refused spec.imagee :7 <<<"$(sandbox good)"$'\n---\n'"$(sandbox bad '  imagee: x')"
sandbox good >"$in"
try "a file that does not exist" same 1 "$(osbxctl apply -f "$in.none" 2>&1 | grep -c 'in.yaml.none')"
try "what is right is taken" osbxctl apply -f "$in"
try "twice in one file is once" osbxctl apply -f - <<<"$(sandbox twice)"$'\n---\n'"$(sandbox twice)"
try "and is there" same $'sandbox.osbx.dev/good\nsandbox.osbx.dev/twice' "$(osbxctl get sandboxes --output name)"
tap_end
