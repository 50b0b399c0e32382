# SPDX-License-Identifier: Apache-2.0
# The parts of hack/dev, each idempotent: the Docker engine, the object store, osbxd. Sourced after lib.sh.
# shellcheck shell=bash
DEV=$(realpath -m "${OSBX_DEV_DIR:-$ROOT/.dev}")
PRESET=${OSBX_PRESET:-release}
FAKES=$ROOT/build/$PRESET/fakes
BIN=$ROOT/build/$PRESET/bin
IMAGE=osbx-sandbox:latest
BUCKET=demo OSS_KEY=dev-access-key OSS_SECRET=dev-access-secret # of a store on loopback that holds nothing but tests
((${#DEV} <= 58)) || die "$DEV: too long for the unix sockets in it (at most 58 characters)"

pidfile_of() { if [[ $1 == dockerd ]]; then echo "$DEV/docker/dockerd.pid"; else echo "$DEV/$1.pid"; fi; }

# port_for NAME PREFERRED: the port NAME had before, else PREFERRED, else any: the first that nobody listens on. Remembered.
port_for() {
  local port
  for port in $(cat "$DEV/$1.port" 2>/dev/null) "$2" $(shuf -i 20000-30000 -n 20); do
    [[ ! $(ss -Hltn "sport = :$port") ]] || continue
    echo "$port" | tee "$DEV/$1.port"
    return
  done
  die "no free port for $1"
}

start_engine() {
  local host=${DOCKER_HOST:-unix:///var/run/docker.sock}
  if [[ -e $DEV/docker/docker.sock ]] || ! docker_answers "$host"; then
    hack/dockerd start --dir "$DEV/docker"
    host=unix://$DEV/docker/docker.sock
  else
    say "using the Docker engine at $host"
  fi
  echo "$host" >"$DEV/docker_host"
  DOCKER_HOST=$host hack/rootfs --name "$IMAGE"
}

start_store() {
  if alive "$DEV/oss_server.pid" oss_server >/dev/null; then return; fi
  mkdir -p "$DEV/oss"
  rm -f "$DEV/oss/port"
  (umask 077 && printf '{"%s":{"secret":"%s"}}\n' "$OSS_KEY" "$OSS_SECRET" >"$DEV/oss/creds.json")
  setsid "$FAKES/oss_server" --data "$DEV/oss/data" --creds "$DEV/oss/creds.json" --bucket "$BUCKET" \
    --port "$(port_for oss 9000)" --port-file "$DEV/oss/port" >>"$DEV/oss_server.log" 2>&1 </dev/null &
  echo $! >"$DEV/oss_server.pid"
  wait_for 10 test -s "$DEV/oss/port" || die "the object store did not start: $(tail -3 "$DEV/oss_server.log")"
  say "object store: http://127.0.0.1:$(cat "$DEV/oss/port") (bucket $BUCKET)"
}

write_config() { # PORT KEY
  local search=$FAKES/bin
  if command -v ossfs >/dev/null && command -v ossfs2 >/dev/null; then search=$(dirname "$(command -v ossfs)")'", "'$(dirname "$(command -v ossfs2)"); fi
  (umask 077 && cat >"$DEV/osbxd.toml") <<TOML
[server]
host = "127.0.0.1"
port = $1
api_key = "$2"
[runtime]
type = "docker"
[docker]
host = "$(cat "$DEV/docker_host")"
[storage]
ossfs_mount_root = "$DEV/mnt"
allowed_host_paths = ["$DEV/host"]
[store]
path = "$DEV/state/osbx.db"
[osbx.mounts]
gc_grace_seconds = ${OSBX_DEV_GC_GRACE:-5}
search_path = ["$search"]
[osbx.paths]
state_dir = "$DEV/state"
run_dir = "$DEV/run"
libexec_dir = "$BIN"
TOML
}

write_env() { # PORT KEY
  (umask 077 && cat >"$DEV/env") <<ENV
export SANDBOX_DOMAIN=127.0.0.1:$1
export SANDBOX_API_KEY=$2
export SANDBOX_IMAGE=$IMAGE
export OSS_BUCKET=$BUCKET
export OSS_ENDPOINT=http://127.0.0.1:$(cat "$DEV/oss/port")
export OSS_ACCESS_KEY_ID=$OSS_KEY
export OSS_ACCESS_KEY_SECRET=$OSS_SECRET
export DOCKER_HOST=$(cat "$DEV/docker_host")
export OSBX_SERVER=http://127.0.0.1:$1
export OSBX_TOKEN=$2
ENV
}

start_osbxd() {
  local port key
  if alive "$DEV/osbxd.pid" osbxd >/dev/null; then say "osbxd runs already"; return; fi
  [[ -x $BIN/osbxd ]] || die "$BIN/osbxd is not built: run hack/build $PRESET"
  mkdir -p "$DEV"/{mnt,host,state,run}
  [[ -s $DEV/api_key ]] || (umask 077 && openssl rand -hex 16 >"$DEV/api_key")
  port=$(port_for osbxd 8080) key=$(cat "$DEV/api_key")
  write_config "$port" "$key"
  write_env "$port" "$key"
  setsid "$BIN/osbxd" --config "$DEV/osbxd.toml" >>"$DEV/osbxd.log" 2>&1 </dev/null &
  echo $! >"$DEV/osbxd.pid"
  wait_for 30 eval "curl -sf --noproxy '*' -m 2 http://127.0.0.1:$port/readyz || gone $!"
  ! gone $! || die "osbxd did not start; $DEV/osbxd.log ends: $(tail -5 "$DEV/osbxd.log")"
  say "osbxd: http://127.0.0.1:$port (log: $DEV/osbxd.log)"
}

stop_osbxd() {
  local pid
  if pid=$(alive "$DEV/osbxd.pid" osbxd); then stop_pid "$pid" 15; fi
  rm -f "$DEV/osbxd.pid"
}

# stop_engine: ends the sandboxes, with the private engine or, one by one, those of this stack in a shared one (they are known by
# the slot directory they bind).
stop_engine() {
  local id
  if [[ -d $DEV/docker ]]; then hack/dockerd stop --dir "$DEV/docker"; return; fi
  [[ -e $DEV/docker_host ]] || return 0
  export DOCKER_HOST
  DOCKER_HOST=$(cat "$DEV/docker_host")
  docker ps -aq --filter label=osbx.dev/uid | while read -r id; do
    if docker inspect -f '{{range .Mounts}}{{println .Source}}{{end}}' "$id" | grep -qF "$DEV/run/"; then docker rm -f "$id" >/dev/null; fi
  done
}

stop_store() {
  local pid
  leave_nothing # the file systems go before what they talk to
  if pid=$(alive "$DEV/oss_server.pid" oss_server); then stop_pid "$pid" 5; fi
  rm -f "$DEV/oss_server.pid"
}

# leave_nothing: unmounts what the stack mounted, so that its FUSE servers end.
leave_nothing() { unmount_below "$DEV"; }
