#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# osbxd and what it stands on: a Docker engine that is away, is killed and comes back; a second osbxd; a taken port; a full disk; a
# host without FUSE. And how it ends: in time whatever hangs, at once when asked twice; its log file is rotated.
# shellcheck disable=SC2317 # functions are called through try
source "$(dirname "${BASH_SOURCE[0]}")/../../hack/lib.sh"
source "$ROOT/hack/lib_tap.sh"
own_stack
source "$ROOT/hack/lib_dev.sh"

sandbox() { # NAME [LINE…]
  printf -- 'apiVersion: osbx.dev/v1\nkind: Sandbox\nmetadata: {name: %s}\nspec:\n  image: %s\n  terminationGracePeriodSeconds: 0\n' "$1" "$SANDBOX_IMAGE"
  printf '  %s\n' 'entrypoint: [sleep, infinity]' "${@:2}"
}
apply() { osbxctl apply -f -; }
ready() { osbxctl wait "$@" --for condition=Ready --timeout 60; }
field() { osbxctl get sandbox "$1" -o "custom-columns=F:$2" --no-headers; }
is() { same "$3" "$(field "$1" "$2")"; } # NAME PATH VALUE
ready_reason='.status.conditions[?(@.type=="Ready")].reason'
doctor_says() { [[ $(osbxctl doctor) == *"$1"* ]]; }
container() { docker ps -aq --filter label=osbx.dev/name="$1"; }
kill_engine() { kill -KILL "$(cat "$DEV/docker/dockerd.pid")" && wait_for 10 eval "! docker_answers $DOCKER_HOST"; }
start_engine_again() { hack/dockerd start --dir "$DEV/docker"; }
status() { curl -s --noproxy '*' -m 10 -o "$DEV/answer" -w '%{http_code}' -H "Authorization: Bearer $OSBX_TOKEN" "$OSBX_SERVER$1" "${@:2}"; }
answers() { [[ $(status "$1") == "$2" ]]; }
# start_with SED [COMMAND…]: osbxd anew with its configuration changed, run through a command.
start_with() {
  stop_osbxd
  sed -i "$1" "$DEV/osbxd.toml"
  setsid "${@:2}" "$BIN/osbxd" --config "$DEV/osbxd.toml" >>"$DEV/osbxd.log" 2>&1 </dev/null &
  echo $! >"$DEV/osbxd.pid"
  wait_for 20 answers /livez 200
}
# refuses TEXT SED: another osbxd with a changed configuration ends at once with this message.
refuses() {
  local out code=0
  sed "$2" "$DEV/osbxd.toml" >"$DEV/other.toml"
  out=$(timeout 20 "$BIN/osbxd" --config "$DEV/other.toml" 2>&1) || code=$?
  echo "exit $code: $out"
  [[ $code == 1 && $out == *"$1"* ]]
}

stack_up
# A service manager's socket: what it is told goes to a file.
python3 - "$DEV/notify" "$DEV/told" <<'PYTHON' &
import socket, sys
manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
manager.bind(sys.argv[1])
with open(sys.argv[2], 'wb', buffering=0) as told:
    while True: told.write(manager.recv(100) + b'\n')
PYTHON
manager=$!
before_down() { kill "$manager"; }
sandbox old | apply >/dev/null
try "a sandbox runs" ready sandbox/old
before=$(container old)

engine() { kill "-$1" "$(cat "$DEV/docker/dockerd.pid")"; } # SIGNAL
# ends_within MILLISECONDS CODES SIGNAL…: osbxd ends in time, with one of these codes, after the signals.
ends_within() {
  local pid start code=0 took signal
  pid=$(cat "$DEV/osbxd.pid") start=$(date +%s%3N)
  for signal in "${@:3}"; do kill "-$signal" "$pid"; done
  wait "$pid" || code=$?
  took=$(($(date +%s%3N) - start))
  echo "exit code $code after $took ms"
  ((took < $1)) && [[ $code =~ ^($2)$ ]]
}
rotate='s|^\[runtime\]|[log]\nfile_path = "'$DEV/file.log'"\n[runtime]|'
try "osbxd with a log file" start_with "$rotate" env NOTIFY_SOCKET="$DEV/notify"
mv "$DEV/file.log" "$DEV/file.log.1"
kill -HUP "$(cat "$DEV/osbxd.pid")"
try "SIGHUP opens it anew" wait_for 10 grep -q 'opened anew' "$DEV/file.log"
try "the service manager was told" wait_for 10 grep -q READY=1 "$DEV/told"
osbxctl get sandboxes -w >/dev/null 2>&1 &
osbxctl exec old -- sleep 600 >/dev/null 2>&1 &
osbxctl logs -f old >/dev/null 2>&1 &
engine STOP
for n in {1..8}; do sandbox "busy-$n" && echo ---; done | apply >/dev/null
try "osbxd ends in time with streams open, creates running and an engine that hangs" ends_within 5000 0 TERM
try "starts again" start_with ''
try "and ends at once when it is asked twice" ends_within 2000 '130|143' TERM INT
engine CONT
try "starts again with an engine that answers" start_with ''
try "what was being made gets ready" ready sandbox/busy-{1..8}
try "and is deleted" osbxctl delete sandbox busy-{1..8} --timeout 60
try "the first is as it was" same "$before" "$(container old)"
try "a second osbxd on the same store is refused" refuses "osbx.db is in use by pid $(cat "$DEV/osbxd.pid")" 's/^port = .*/port = 1/'
mkdir -p "$DEV"/{state2,run2,mnt2}
other="s|^path = .*|path = \"$DEV/state2/osbx.db\"|; s|\"$DEV/state\"|\"$DEV/state2\"|; s|\"$DEV/run\"|\"$DEV/run2\"|; s|\"$DEV/mnt\"|\"$DEV/mnt2\"|"
try "a port that is taken is named" refuses "${OSBX_SERVER##*:}" "$other"
try "the first is not disturbed" ready sandbox/old

try "the engine is killed" kill_engine
try "the API still answers" same old "$(field old .metadata.name)"
try "the doctor names the engine" wait_for 20 doctor_says DockerUnreachable
try "new sandboxes are taken" apply <<<"$(sandbox waits)"
try "and say what they wait for" wait_for 20 is waits "$ready_reason" DockerUnavailable
try "the engine comes back" start_engine_again
try "the one that waited runs" ready sandbox/waits
try "the old one too" ready sandbox/old
try "in the container it had" same "$before" "$(container old)"

stop_osbxd
try "the engine is away when osbxd starts" kill_engine
try "osbxd starts" start_with ''
try "the doctor says what it lacks" wait_for 20 doctor_says DockerUnreachable
try "new sandboxes are taken then, too" apply <<<"$(sandbox later)"
try "the engine starts" start_engine_again
try "then it runs" ready sandbox/later sandbox/old
try "the doctor finds nothing" wait_for 20 osbxctl doctor
try "still in its container" same "$before" "$(container old)"

: >"$DEV/nothing"
# shellcheck disable=SC2016 # expanded by the inner shell
hide='mount --bind "$0" /dev/fuse && exec "$@"'
try "osbxd on a host without FUSE starts" start_with '' unshare -m --propagation slave bash -c "$hide" "$DEV/nothing"
source="bucket: $OSS_BUCKET, endpoint: '$OSS_ENDPOINT', accessKeyId: $OSS_ACCESS_KEY_ID, accessKeySecret: $OSS_ACCESS_KEY_SECRET"
sandbox nofuse "volumes: [{name: v, mountPath: /mnt/v, ossfs: {$source}}]" | apply >/dev/null
try "volumes say so" wait_for 30 is nofuse .status.reason NoFuseDevice
try "sandboxes without volumes run" ready sandbox/old
try "osbxd starts as usual" start_with ''
try "what had no FUSE runs now" ready sandbox/nofuse
try "everything is deleted" osbxctl delete sandbox --all --timeout 60

mkdir "$DEV/small" && mount -t tmpfs -o size=8m tmpfs "$DEV/small"
try "a store on a disk of 8 MiB" start_with "s|^path = .*|path = \"$DEV/small/osbx.db\"|"
secret() { printf '{"metadata":{"name":"%s"},"stringData":{"k":"%s"}}' "$1" "$(head -c "$2" /dev/zero | tr '\0' x)" >"$DEV/body"; }
create() { secret "$@" && status /api/v1/namespaces/default/secrets -X POST -H 'Content-Type: application/json' --data-binary "@$DEV/body"; }
try "takes objects" same 201 "$(create first 1000)"
dd if=/dev/zero of="$DEV/small/fill" bs=64k 2>/dev/null || true
try "a full disk is an error of the server" same 503 "$(create second 500000)"
try "which says so" grep -q full "$DEV/answer"
try "reading goes on" same 200 "$(status /api/v1/namespaces/default/secrets/first)"
try "what was refused is not there" same 404 "$(status /api/v1/namespaces/default/secrets/second)"
rm "$DEV/small/fill"
try "with space it is taken" same 201 "$(create second 500000)"
stop_osbxd
try "the store is sound afterwards" start_with ''
try "and has both" same 200 "$(status /api/v1/namespaces/default/secrets/second)"
tap_end
