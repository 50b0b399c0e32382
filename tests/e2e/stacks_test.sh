#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Two local stacks side by side do not see each other, and a restart of osbxd leaves running sandboxes alone.
source "$(dirname "${BASH_SOURCE[0]}")/../../hack/lib.sh"
source "$ROOT/hack/lib_tap.sh"
base=$(mktemp -d)
test_environment
stack() { OSBX_DEV_DIR=$base/$1 hack/dev "${@:2}"; }
use() { eval "$(stack "$1" env)"; }
running() { docker ps -q | xargs -r docker inspect -f '{{.Id}} {{.State.StartedAt}}' | sort; }
trap 'stack a down --purge; stack b down --purge; remove_tree "$base"' EXIT

try "the first stack comes up" stack a up
try "the second comes up beside it" stack b up
use a
first=$OSBX_SERVER
here() { sed "s|http://127.0.0.1:9000|$OSS_ENDPOINT|" "manifests/samples/$1" >"$base/$1"; } # with this stack's store
here quickstart.yaml
try "objects are applied to the first" osbxctl apply -f "$base/quickstart.yaml"
try "its sandboxes get ready" osbxctl wait sandbox/writer sandbox/reader sandbox/two --for condition=Ready --timeout 120
for sample in manifests/samples/*.yaml; do
  here "${sample##*/}"
  try "the server accepts $sample" osbxctl apply --dry-run=server -f "$base/${sample##*/}"
done
before=$(running)
use b
try "they have different addresses" differ "$first" "$OSBX_SERVER"
try "the second has none of the sandboxes" empty osbxctl get sandboxes --output name
try "the second goes down" stack b down --purge
use a
try "the first still serves" same 3 "$(osbxctl get sandboxes --output name | wc -l)"
try "osbxd starts anew" stack a restart
try "the sandboxes are still ready" osbxctl wait sandbox/writer sandbox/reader sandbox/two --for condition=Ready --timeout 60
try "in the same containers" same "$before" "$(running)"
try "the first goes down" stack a down --purge
try "no mount is left" empty mounts_below "$base"
tap_end
