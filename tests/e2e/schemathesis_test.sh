#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Requests made by schemathesis from osbxd's own OpenAPI document, against a real engine: no 500, and nothing undocumented.
source "$(dirname "${BASH_SOURCE[0]}")/../../hack/lib.sh"
source "$ROOT/hack/lib_tap.sh"
own_stack
export PYTHONDONTWRITEBYTECODE=1

python=$(hack/venv tests/e2e/schemathesis_requirements.txt)
stack_up
"$python" tests/e2e/schemathesis_fuzz.py # prints its own steps
