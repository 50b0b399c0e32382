#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# osbxctl against a real stack: what needs real containers (terminals, logs, consumption) and real mounts (describe, doctor).
source "$(dirname "${BASH_SOURCE[0]}")/../../hack/lib.sh"
source "$ROOT/hack/lib_tap.sh"
own_stack
export TERM=xterm
# shellcheck disable=SC2317  # called through try
says() { grep -qE "$1" <<<"$2" || { echo "$2" && return 1; }; } # PATTERN TEXT
# shellcheck disable=SC2317  # called through try
fails() { # CODE COMMAND…
  local status=0
  "${@:2}" || status=$?
  echo "exit code $status" && [[ $status == "$1" ]]
}

# in_terminal STEP… -- COMMAND…: runs COMMAND behind a terminal of 90x25. A step is TEXT=>KEYS: when TEXT is shown, KEYS are typed.
# Prints what was shown; the exit code is the command's.
in_terminal() {
  python3 - "$@" <<'PY'
import fcntl, os, pty, select, signal, struct, sys, termios, time
split = sys.argv.index("--")
steps = [step.split("=>", 1) for step in sys.argv[1:split]]
pid, terminal = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 25, 90, 0, 0))
    os.execvp(sys.argv[split + 1], sys.argv[split + 1:])
shown, seen, end = "", 0, time.time() + 60
while time.time() < end:
    if not select.select([terminal], [], [], 0.1)[0]:
        continue
    try:
        data = os.read(terminal, 4096)
    except OSError:
        break
    if not data:
        break
    shown += data.decode(errors="replace")
    while steps and steps[0][0] in shown[seen:]:
        text, keys = steps.pop(0)
        seen = shown.index(text, seen) + len(text)
        if keys == "resize":
            fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        else:
            os.write(terminal, keys.encode().decode("unicode_escape").encode())
sys.stdout.write(shown)
if steps:
    os.kill(pid, signal.SIGKILL)
sys.exit("not shown: " + steps[0][0] if steps else os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
PY
}

stack_up
sed "s|http://127.0.0.1:9000|$OSS_ENDPOINT|" manifests/samples/quickstart.yaml >"$OSBX_DEV_DIR/objects.yaml"
cat >>"$OSBX_DEV_DIR/objects.yaml" <<'YAML'
---
apiVersion: osbx.dev/v1
kind: Sandbox
metadata: {name: talker, labels: {app: talker}}
spec:
  image: osbx-sandbox:latest
  entrypoint: [sh, -c, "echo one; echo two; while true; do sleep 1; echo again; done"]
YAML
try "diff finds everything new" fails 1 osbxctl diff -f "$OSBX_DEV_DIR/objects.yaml"
try "apply" osbxctl apply -f "$OSBX_DEV_DIR/objects.yaml"
try "all get ready" osbxctl wait sandbox --all --for=condition=Ready --timeout=120s
try "diff finds nothing any more" osbxctl diff -f "$OSBX_DEV_DIR/objects.yaml"

try "logs" same $'one\ntwo' "$(osbxctl logs talker | head -2)"
try "logs of the last line" says '^(two|again)$' "$(osbxctl logs talker --tail 1)"
try "logs are followed" says again "$(osbxctl logs -f talker | grep -m1 again)"
try "exec passes standard input" same "hello" "$(echo hello | osbxctl exec -i talker -- cat)"
try "and the exit code" fails 7 osbxctl exec talker -- sh -c 'exit 7'
try "and keeps the streams apart" same "err" "$(osbxctl exec talker -- sh -c 'echo out; echo err >&2' 2>&1 >/dev/null)"
try "much output arrives whole" same 5000000 "$(osbxctl exec talker -- sh -c 'head -c 5000000 /dev/zero' | wc -c)"
shown=$(in_terminal '#=>stty size; echo si''ze\n' 'size=>exit 5\n' -- osbxctl exec -it talker -- sh) || status=$?
try "exec -it tells the size of the terminal" says '25 90' "$shown"
try "and the exit code of the shell" same 5 "${status:-0}"
try "exec -it follows a change of size" in_terminal 'ready=>resize' -- osbxctl exec -it talker -- \
  sh -c "echo ready; until [ \"\$(stty size)\" = '40 120' ]; do sleep 0.1; done"
try "Ctrl-C in exec -it interrupts the command, not osbxctl" fails 4 in_terminal 'ready=>\x03' -- osbxctl exec -it talker -- \
  sh -c "trap 'exit 4' INT; echo ready; while true; do sleep 0.1; done"
try "top measures" says 'talker +[0-9]+m +[0-9]+(Ki|Mi)' "$(osbxctl top sandboxes)"
described=$(osbxctl describe sandbox writer)
try "describe shows conditions" says 'Ready +True' "$described"
try "describe shows the mount behind a volume" says 'Mount: +ossfs-[0-9a-f]+: Mounted at ' "$described"
try "describe shows events" says 'Started +sandbox/writer' "$described"
try "events of one object" says 'Normal +Started +sandbox/talker' "$(osbxctl events --for sandbox/talker)"
mkdir -p "$OSBX_DEV_DIR/mnt/demo/stray"
try "doctor finds a directory that nobody uses" fails 1 osbxctl doctor
try "doctor --fix removes it" osbxctl doctor --fix
try "and finds nothing any more" osbxctl doctor
try "a watch goes on while osbxd starts anew" eval 'osbxctl wait sandbox/talker --for=delete --timeout=60s & hack/dev restart && osbxctl delete sandbox talker && wait $!'
try "all is deleted" osbxctl delete sandboxes --all
tap_end
