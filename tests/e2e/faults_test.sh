#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What can go wrong with storage, images and host paths: each is named in the status, in the condition it is about and in an event,
# and nothing is left after the sandbox is deleted.
# shellcheck disable=SC2317 # functions are called through try
source "$(dirname "${BASH_SOURCE[0]}")/../../hack/lib.sh"
source "$ROOT/hack/lib_tap.sh"
own_stack
source "$ROOT/hack/lib_dev.sh"

# Stand-ins on loopback: a registry that lets nobody in and has nothing below /open/, and a server that never answers.
python3 - "$DEV/ports" <<'PYTHON' &
import http.server, os, socket, sys
class Registry(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        known = '/open/' in self.path or self.path == '/v2/'
        body = b'{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}' if known else b''
        self.send_response((200 if self.path == '/v2/' else 404) if known else 401)
        if not known: self.send_header('WWW-Authenticate', 'Basic realm="osbx"')
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        if self.command == 'GET': self.wfile.write(body)
    do_HEAD = do_GET
    def log_message(self, *args): pass
server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Registry)
silent = socket.create_server(('127.0.0.1', 0))
with open(sys.argv[1] + '.new', 'w') as file: file.write(f'{server.server_port} {silent.getsockname()[1]}\n')
os.rename(sys.argv[1] + '.new', sys.argv[1])
server.serve_forever()
PYTHON
standin=$!
before_down() { kill "$standin"; }

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
host() { echo "volumes: [{name: v, mountPath: /mnt/v, ${2:-}host: {path: $1}}]"; } # PATH [FIELDS]
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

stack_up
wait_for 10 test -s "$DEV/ports" && read -r registry silent <"$DEV/ports"
mkdir -p "$DEV/host/in" && ln -s /etc "$DEV/host/link"
{
  for n in 1 2; do
    usual "key-$n" "$(ossfs $n.0 accessKeySecret wrong-secret)"
    usual "bucket-$n" "$(ossfs $n.0 bucket nosuch)"
    usual "endpoint-$n" "$(ossfs $n.0 endpoint http://127.0.0.1:1)"
    usual "good-$n" "$(ossfs $n.0)"
  done
  usual quick 'startPolicy: FailFast' "$(ossfs 2.0 bucket nosuch2)"
  usual hangs "$(ossfs 2.0 endpoint "http://127.0.0.1:$silent")"
  usual outside "$(host /etc)"
  usual link "$(host "$DEV/host/link/ssl")"
  usual escape "$(host "$DEV/host" 'subPath: link/ssl, ')"
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
fails outside VolumesReady HostPathRefused
fails link VolumesReady HostPathRefused
fails escape VolumesReady HostPathRefused
says() { [[ $(field "$1" .status.message) == *"$2"* ]]; } # NAME TEXT
try "a path outside is named by field and path" says outside 'spec.volumes[0].host.path: host path /etc '
try "so is a sub-path that leads out" says escape 'spec.volumes[0].subPath: "link/ssl" leads out of '
fails denied ImageReady ImagePullDenied
fails noimage ImageReady ImageNotFound
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
