#!/bin/sh
# Runs the live release's `comptoir` as the service user; the actor in the audit is the login name, never "root".
set -eu
if [ "$(id -u)" -ne 0 ]; then exec sudo -n -- /usr/local/bin/comptoir "$@"; fi
program=/opt/comptoir/current/.venv/bin/comptoir
if [ ! -x "$program" ]; then
  echo "Aucune version n'est en service : lancez make deploy. / No release is live: run make deploy." >&2
  exit 1
fi
cd /opt/comptoir/current
# Switching releases changes files of root: only this noun's program runs as root, and it asks nothing of the application.
if [ "${1:-}" = release ] && { [ "${2:-}" = rollback ] || [ "${2:-}" = list ]; }; then
  shift
  COMPTOIR_ACTOR=${SUDO_USER:-root} exec /usr/bin/python3 /usr/local/lib/comptoir/release.py "$@"
fi
# The checklist reads what only root may read (firewall, file modes, other users' processes); its code is root's own.
if [ "${1:-}" = audit ]; then
  exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG="${LANG:-C.UTF-8}" TERM="${TERM:-dumb}" HOME=/root \
    COMPTOIR_ENV_FILE=/etc/comptoir/env COMPTOIR_ACTOR="${SUDO_USER:-root}" "$program" "$@"
fi
exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG="${LANG:-C.UTF-8}" TERM="${TERM:-dumb}" HOME=/nonexistent \
  COMPTOIR_ENV_FILE=/etc/comptoir/env COMPTOIR_ACTOR="${SUDO_USER:-root}" \
  setpriv --reuid=comptoir --regid=comptoir --init-groups -- "$program" "$@"
