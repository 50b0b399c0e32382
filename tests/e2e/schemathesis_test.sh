#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Requests made by schemathesis from osbxd's own OpenAPI document, against a real engine: no 500, and nothing undocumented.
source "$(dirname "${BASH_SOURCE[0]}")/../../hack/lib.sh"
source "$ROOT/hack/lib_tap.sh"
OSBX_DEV_DIR=$(mktemp -d)
export OSBX_DEV_DIR OSBX_SKIP_DEPS=1 OSBX_SKIP_BUILD=1 PYTHONDONTWRITEBYTECODE=1
unset DOCKER_HOST
trap 'hack/dev down --purge' EXIT

python=$(hack/venv tests/e2e/schemathesis_requirements.txt)
hack/dev up
eval "$(hack/dev env)"
"$python" tests/e2e/schemathesis_fuzz.py # prints its own steps
