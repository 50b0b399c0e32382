#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What can go wrong with storage, images and host paths: each is named in the status, in the condition it is about and in an event,
# and nothing is left after the sandbox is deleted.
# shellcheck disable=SC2317 # functions are called through try
source "$(dirname "${BASH_SOURCE[0]}")/../../hack/lib.sh"
source "$ROOT/hack/lib_tap.sh"
source "$ROOT/hack/lib_dev.sh"
OSBX_DEV_DIR=$(mktemp -d) DEV=$OSBX_DEV_DIR
export OSBX_DEV_DIR OSBX_SKIP_DEPS=1 OSBX_SKIP_BUILD=1 OSBX_DEV_GC_GRACE=1
unset DOCKER_HOST
PATH=$BIN:$PATH
trap 'kill $standin; hack/dev down --purge' EXIT

# Stand-ins on loopback: a registry that lets nobody in and has nothing below /open/, and a server that never answers.
python3 - "$DEV/ports" <<'PYTHON' &
import http.server, os, socket, sys
class Registry(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        known = '/open/' in self.path
        self.send_response(404 if known else 401)
        if not known: self.send_header('WWW-Authenticate', 'Basic realm="osbx"')
        self.send_header('Content-Length', '0')
        self.end_headers()
    do_HEAD = do_GET
    def log_message(self, *args): pass
server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Registry)
silent = socket.create_server(('127.0.0.1', 0))
with open(sys.argv[1] + '.new', 'w') as file: file.write(f'{server.server_port} {silent.getsockname()[1]}\n')
os.rename(sys.argv[1] + '.new', sys.argv[1])
server.serve_forever()
PYTHON
standin=$!

sandbox() { # NAME [LINE…]
  printf -- '---\napiVersion: osbx.dev/v1\nkind: Sandbox\nmetadata: {name: %s}\nspec:\n  terminationGracePeriodSeconds: 0\n' "$1"
  printf '  %s\n' "${@:2}"
}
usual() { sandbox "$1" "image: $SANDBOX_IMAGE" 'entrypoint: [sleep, infinity]' "${@:2}"; }
# ossfs VERSION [FIELD VALUE]…: a volume of the bucket, with other values in some fields.
ossfs() {
  local -A v=([bucket]=$OSS_BUCKET [endpoint]=$OSS_ENDPOINT [accessKeyId]=$OSS_ACCESS_KEY_ID [accessKeySecret]=$OSS_ACCESS_KEY_SECRET)
  local version=$1 field text=
  shift
  while (($#)); do v[$1]=$2 && shift 2; done
  for field in "${!v[@]}"; do text+=", $field: ${v[$field]}"; done
  echo "volumes: [{name: v, mountPath: /mnt/v, subPath: data, ossfs: {version: \"$version\"$text}}]"
}
host() { echo "volumes: [{name: v, mountPath: /mnt/v, host: {path: $1}}]"; }
field() { osbxctl get sandbox "$1" -o "custom-columns=F:$2" --no-headers; }
is() { same "$3" "$(field "$1" "$2")"; } # NAME PATH VALUE
told() { osbxctl get events -o custom-columns=N:.involvedObject.name,R:.reason,M:.message --no-headers | grep -E "^$1 +$2 "; }
# fails NAME CONDITION REASON: the sandbox names the reason in its status, in the condition and in an event.
fails() {
  try "$1: $3" wait_for 60 is "$1" .status.reason "$3"
  try "$1: condition $2" is "$1" ".status.conditions[?(@.type==\"$2\")].reason" "$3"
  try "$1: an event" wait_for 5 told "$1" "$3"
}
start_with() { # SED: osbxd anew, with its configuration changed
  stop_osbxd
  sed -i "$1" "$DEV/osbxd.toml"
  setsid "$BIN/osbxd" --config "$DEV/osbxd.toml" >>"$DEV/osbxd.log" 2>&1 </dev/null &
  echo $! >"$DEV/osbxd.pid"
  wait_for 20 curl -sf --noproxy '*' "$OSBX_SERVER/readyz"
}

try "the stack comes up" hack/dev up
eval "$(hack/dev env)"
wait_for 10 test -s "$DEV/ports" && read -r registry silent <"$DEV/ports"
mkdir -p "$DEV/host/in" && ln -s /etc "$DEV/host/link"
{
  for n in 1 2; do
    usual "key-$n" "$(ossfs $n.0 accessKeySecret wrong-secret)"
    usual "bucket-$n" "$(ossfs $n.0 bucket nosuch)"
    usual "endpoint-$n" "$(ossfs $n.0 endpoint http://127.0.0.1:1)"
    usual "good-$n" "$(ossfs $n.0)"
  done
  usual option "$(ossfs 1.0 options '["passwd_file=/etc/shadow"]')"
  usual scheme "$(ossfs 2.0 endpoint ftp://example.com)"
  usual quick 'startPolicy: FailFast' "$(ossfs 2.0 bucket nosuch2)"
  usual hangs "$(ossfs 2.0 endpoint "http://127.0.0.1:$silent")"
  usual outside "$(host /etc)"
  usual link "$(host "$DEV/host/link/ssl")"
  usual inside "$(host "$DEV/host/in")"
  sandbox denied "image: 127.0.0.1:$registry/private/image:1"
  sandbox noimage "image: 127.0.0.1:$registry/open/image:1"
  sandbox nopull 'image: never-pulled:1' 'imagePullPolicy: Never'
} >"$DEV/all.yaml"
try "all are taken" osbxctl apply -f "$DEV/all.yaml"
try "one whose server is silent waits" wait_for 10 is hangs .status.reason Mounting
try "and can be deleted meanwhile" osbxctl delete sandbox hangs --timeout 60
try "the sound ones run beside" osbxctl wait sandbox/good-1 sandbox/good-2 sandbox/inside --for condition=Ready --timeout 60
for n in 1 2; do
  fails "key-$n" VolumesReady InvalidCredentials
  fails "bucket-$n" VolumesReady BucketNotFound
done
try "wrong keys do not ride on the mount of right ones" differ "$(field key-2 '.status.volumes[0].mount')" "$(field good-2 '.status.volumes[0].mount')"
fails option VolumesReady InvalidSpec
fails scheme VolumesReady InvalidSpec
fails outside VolumesReady HostPathRefused
fails link VolumesReady HostPathRefused
fails denied ImageReady ImagePullFailed
fails noimage ImageReady ImagePullFailed
fails nopull ImageReady ImageNotFound
try "FailFast gives up" wait_for 30 is quick .status.gaveUp true
try "and names the reason" is quick .status.reason BucketNotFound
try "and leaves no container" empty docker ps -aq --filter label=osbx.dev/name=quick
for n in 1 2; do fails "endpoint-$n" VolumesReady EndpointUnreachable; done
try "everything is deleted" osbxctl delete sandbox --all --timeout 60

no_mounts() { empty osbxctl get mounts --output name; }
try "no mount object is left" wait_for 60 no_mounts
try "no ossfs runs" empty processes_naming "$DEV/mnt"
try "no credential file is left" empty find "$DEV/run/creds" -type f
try "nothing is mounted" empty mounts_below "$DEV/mnt"
try "no container is left" empty docker ps -aq --filter label=osbx.dev/uid
try "the doctor finds nothing" osbxctl doctor
start_with 's|^search_path = .*|search_path = ["/nonexistent"]|'
usual nobinary "$(ossfs 2.0)" | osbxctl apply -f - >/dev/null
fails nobinary VolumesReady BinaryMissing
try "and is deleted" osbxctl delete sandbox nobinary
tap_end
