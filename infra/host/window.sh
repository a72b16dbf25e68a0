#!/bin/sh
# Does what closes the shop for a moment: maintenance page on, the command, wait for the shop, page off, seconds logged.
# Usage: window.sh NAME COMMAND...
set -eu
flag=/var/lib/comptoir/maintenance/on
name=$1
shift
began=$(date +%s)
# A page that somebody else put up stays up.
if [ ! -e "$flag" ]; then
  touch "$flag"
  trap 'rm -f "$flag"' EXIT
fi
"$@"
tries=0
until curl -fsS -m 2 -o /dev/null http://127.0.0.1:9000/health/db || [ "$tries" -ge 60 ]; do
  tries=$((tries + 1))
  sleep 0.5
done
seconds=$(($(date +%s) - began))
printf '{"timestamp": "%s", "event": "window", "act": "%s", "seconds": %d}\n' \
  "$(date -u +%Y-%m-%dT%H:%M:%S+00:00)" "$name" "$seconds" >> /var/log/comptoir/deploys.log
echo "$name: closed for $seconds s"
[ "$tries" -lt 60 ]
