#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# README's first command as a user types it, on a stack of its own, which then goes without a trace.
source "$(dirname "${BASH_SOURCE[0]}")/../../hack/lib.sh"
source "$ROOT/hack/lib_tap.sh"
own_stack

try "hack/quickstart ends well" hack/quickstart
try "its stack goes down" hack/dev down --purge
try "no mount is left" empty mounts_below "$OSBX_DEV_DIR"
try "no process is left" empty processes_naming "$OSBX_DEV_DIR"
try "no directory is left" test ! -e "$OSBX_DEV_DIR"
tap_end
