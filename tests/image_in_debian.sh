#!/usr/bin/env bash
# The steps of docs/deploy/Dockerfile in a root of Debian's packages, as a user without rights:
#     tests/image_in_debian.sh [ROOT]
# It installs, serves, stores a channel, stops, sees the health check fail, starts again on the same
# volume and finds the channel. Needs root (for debootstrap and chroot), and packages' registries.
set -euo pipefail
source=$(cd "$(dirname "$0")/.." && pwd)
root=${1:-$(mktemp -d)}
user=10001
if [ ! -x "$root/usr/bin/python3" ]; then
  debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates bookworm "$root"
fi
# names, certificates and registries as they are set here
for each in /etc/resolv.conf /etc/hosts /etc/pip.conf /etc/ssl/certs/ca-certificates.crt \
  "${PIP_CERT:-}" "${SSL_CERT_FILE:-}" "${REQUESTS_CA_BUNDLE:-}"; do
  if [ -f "$each" ]; then install -D -m 644 "$each" "$root$each"; fi
done
rm -rf "$root/src" "$root/opt/mock" "$root/data"
mkdir -p "$root/src" "$root/opt/mock"
install -d -o "$user" -g "$user" "$root/data" "$root/opt/mock"
# as Dockerfile.dockerignore lets in
git -C "$source" archive HEAD docs hatch_build.py helpers LICENSE notebooks pyproject.toml \
  README.md tests/nbval_sanitize.cfg | tar -x -C "$root/src"

inside() { env HOME=/tmp chroot --userspec="$user:$user" "$root" "$@"; }
python() { inside /opt/mock/bin/python "$@"; }
say() { echo "$(date +%T) $*"; }
stop() {
  kill "$server"
  wait "$server"
}

inside sh /src/docs/deploy/install.sh /src /opt/mock
cp "$source"/docs/deploy/{serve.sh,health.py} "$root/opt/mock/bin/"
say "installed: $(du -sm --apparent-size "$root/opt/mock" | cut -f1) MB; user $(inside id -u)"

port=8791
serve() {
  env HOME=/tmp chroot --userspec="$user:$user" "$root" \
    sh /opt/mock/bin/serve.sh --port "$port" >"$root/tmp/log" 2>&1 &
  server=$!
  for _ in $(seq 100); do
    if MOCK_PORT=$port python /opt/mock/bin/health.py 2>/dev/null; then return; fi
    sleep 0.2
  done
  cat "$root/tmp/log"
  exit 1
}
chats() {
  python -c "
from flex_chat_lab import connect
account = connect('http://127.0.0.1:$port')
channels = account.client.chat.v2.services(account.credentials.chat_service_sid).channels
$1
print([each.unique_name for each in channels.list()])"
}

serve
say "healthy; channels: $(chats 'channels.create(unique_name="kept")')"
stop
if MOCK_PORT=$port python /opt/mock/bin/health.py; then
  echo "the health check is green with no server"
  exit 1
fi
say "stopped: the health check is red"
serve
found=$(chats '')
say "started again; channels: $found"
stop
[ "$found" = "['kept']" ]
find "$root/data" -printf '%f %U %m %s bytes\n'
