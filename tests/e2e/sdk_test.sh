#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# OpenSandbox's own clients, unmodified, from their registries: Python (async and sync), JavaScript and the osb command line, each
# with real sandboxes; and OSS buckets through the Python SDK.
# shellcheck disable=SC2016,SC2317 # functions are called through try
source "$(dirname "${BASH_SOURCE[0]}")/../../hack/lib.sh"
source "$ROOT/hack/lib_tap.sh"
own_stack
export PYTHONDONTWRITEBYTECODE=1 OPENSANDBOX_DISABLE_METRICS=

python=$(hack/venv)
modules=$(hack/node-modules)
stack_up
export SDK_HOST_DIR=$OSBX_DEV_DIR/host/sdk NO_PROXY=127.0.0.1
failed=0
"$python" tests/e2e/sdk_async.py || failed=1
"$python" tests/e2e/sdk_sync.py || failed=1
"$python" tests/e2e/sdk_ossfs.py || failed=1
(cd "$modules" && "$(dirname "$python")/node" "$ROOT/tests/e2e/sdk_node.mjs") || failed=1

export OPEN_SANDBOX_DOMAIN=$SANDBOX_DOMAIN OPEN_SANDBOX_API_KEY=$SANDBOX_API_KEY HOME=$OSBX_DEV_DIR/home
osb() { "$(dirname "$python")/osb" "$@"; }
create() { id=$(osb sandbox create -i "$SANDBOX_IMAGE" -t 5m -m made-by=osb -o json | jq -r .id) && [[ $id ]]; }
listed() { osb sandbox list -m made-by=osb -o json | jq -r '.. | .id? // empty'; }
gone() {
  local told
  if told=$(osb sandbox kill "$id" 2>&1); then return 1; fi
  [[ $told == *DOCKER::SANDBOX_NOT_FOUND* ]]
}
id=
try "osb: a sandbox is created" create
try "osb: listed" eval 'same "$id" "$(listed)"'
try "osb: a command runs" eval 'same out "$(osb command run "$id" -o raw -- echo out)"'
try "osb: a file is written" osb file write "$id" /tmp/f -c text
try "osb: and read" eval 'same text "$(osb file cat "$id" /tmp/f)"'
try "osb: the old diagnostics" osb devops summary "$id"
try "osb: killed" osb sandbox kill "$id"
try "osb: killed once" gone
((failed == 0)) || tap_failed=$((tap_failed + 1))
tap_end
