# SPDX-License-Identifier: Apache-2.0
# What every verb under hack/ shares. Source it first: it moves to the repository root and sets ROOT, SELF and JOBS.
# shellcheck shell=bash
# shellcheck disable=SC2034  # variables for the sourcing script
set -euo pipefail
SELF=$(realpath "$0")
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$ROOT"
JOBS=${OSBX_JOBS:-$(nproc)}
# One cache serves several clones: paths below the clone do not count.
export CCACHE_DIR=${CCACHE_DIR:-$ROOT/.cache/ccache} CCACHE_BASEDIR=$ROOT CCACHE_NOHASHDIR=1
export PATH=$PATH:/usr/sbin:/sbin # dockerd, iptables and mount helpers live there, also for an ordinary user

say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

# as_root CMD…: runs it as root, through sudo when needed.
as_root() {
  if [[ $(id -u) == 0 ]]; then "$@"; return; fi
  command -v sudo >/dev/null || die "root is needed for: $* (no sudo found)"
  sudo -- "$@"
}

# self_as_root "$@": starts the calling verb again as root, keeping the variables that steer the verbs.
self_as_root() {
  [[ $(id -u) != 0 ]] || return 0
  command -v sudo >/dev/null || die "$0 needs root (no sudo found)"
  exec sudo --preserve-env=CCACHE_DIR,OSBX_DEV_DIR,OSBX_PRESET,DOCKER_HOST,CI -- "$SELF" "$@"
}

# help_of "$@": prints the comment at the top of the calling verb and exits when -h or --help is asked for.
help_of() {
  case ${1:-} in -h | --help) sed -n '3,/^[^#]/{/^#/s/^# \{0,1\}//p}' "$SELF"; exit 0 ;; esac
}

# wait_for SECONDS CMD…: true as soon as CMD succeeds, false when the time is over.
wait_for() {
  local end=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < end)) || return 1
    sleep 0.1
  done
}

# docker_answers HOST: true when a Docker engine answers on this unix:// address.
docker_answers() {
  [[ $1 == unix://* && -S ${1#unix://} ]] || return 1
  [[ $(curl -s -m 5 --noproxy '*' --unix-socket "${1#unix://}" http://docker/_ping 2>/dev/null) == OK ]]
}

# alive PIDFILE NAME: prints the pid when PIDFILE names a running process called NAME (a pid alone may have been reused).
alive() {
  local pid
  pid=$(cat "$1" 2>/dev/null) && [[ $pid =~ ^[0-9]+$ && $(cat "/proc/$pid/comm" 2>/dev/null) == "$2" ]] || return 1
  ! grep -qs '^State:.Z' "/proc/$pid/status" && echo "$pid"
}

gone() { [[ ! -e /proc/$1 ]] || grep -qs '^State:.Z' "/proc/$1/status"; }

# stop_pid PID SECONDS: SIGTERM, waits, then SIGKILL.
stop_pid() {
  kill -TERM "$1" 2>/dev/null || return 0
  wait_for "$2" gone "$1" && return
  say "process $1 did not stop within $2 s: SIGKILL"
  kill -KILL "$1" 2>/dev/null || true
  wait_for 5 gone "$1" || true
}

# sources [FOLDER…]: C++ files git knows or would add, below the given folders (default: all of ours).
sources() {
  local folders=("$@")
  ((${#folders[@]})) || folders=(api cmd pkg tests)
  git ls-files -co --exclude-standard -- "${folders[@]}" | grep -E '\.(cc|h|c)$' | while read -r file; do
    [[ -e $file ]] && echo "$file"
  done
}

# mounts_below DIR: mount points at or below DIR, deepest and newest first.
mounts_below() {
  awk -v dir="$1" '{ gsub(/\\040/, " ", $5) } $5 == dir || index($5, dir "/") == 1 { print $5 }' /proc/self/mountinfo | tac
}

# unmount_below DIR: unmounts all of it lazily. Below a shared mount one unmount may take its twin along, so it is what is left
# that counts.
unmount_below() {
  local target left
  while read -r target; do as_root umount -l "$target" 2>/dev/null || true; done < <(mounts_below "$1")
  left=$(mounts_below "$1")
  [[ ! $left ]] || { echo "cannot unmount: $left" >&2; return 1; }
}

# remove_tree DIR: removes DIR and what is in it on the same file system, also the mount points that osbxd made immutable.
remove_tree() {
  [[ -e $1 ]] || return 0
  if ! rm -rf --one-file-system "$1" 2>/dev/null; then
    find "$1" -xdev -type d -exec chattr -i {} + 2>/dev/null || true
    rm -rf --one-file-system "$1"
  fi
}

# free_subnet SEED (six hex digits): prints the first free 10.x.y (a /24), starting from a place derived from SEED.
free_subnet() {
  local n=$((16#$1)) i prefix
  for i in {0..99}; do
    prefix=10.$((200 + (n + i) % 50)).$(((n / 50 + i) % 250))
    [[ $(ip -4 route show root "$prefix.0/24") ]] || { echo "$prefix"; return; }
  done
  die "no free subnet among 100 tried below 10.200.0.0"
}
