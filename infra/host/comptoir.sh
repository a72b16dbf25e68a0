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
case "${1:-} ${2:-}" in
  "release list" | "release rollback" | "release restart")
    shift
    COMPTOIR_ACTOR=${SUDO_USER:-root} exec /usr/bin/python3 /usr/local/lib/comptoir/infra/host/release.py "$@" ;;
esac
# The checklist reads what only root may read (firewall, file modes, other users' processes); its code is root's own.
if [ "${1:-}" = audit ]; then
  exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG="${LANG:-C.UTF-8}" TERM="${TERM:-dumb}" HOME=/root \
    COMPTOIR_ENV_FILE=/etc/comptoir/env COMPTOIR_ACTOR="${SUDO_USER:-root}" "$program" "$@"
fi
run_as_comptoir() {
  env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG="${LANG:-C.UTF-8}" TERM="${TERM:-dumb}" HOME=/nonexistent \
    COMPTOIR_ENV_FILE=/etc/comptoir/env COMPTOIR_ACTOR="${SUDO_USER:-root}" \
    setpriv --reuid=comptoir --regid=comptoir --init-groups -- "$program" "$@"
}
# These may leave the secret of a new Stripe endpoint: root puts it into the settings, the workers read it one by one.
# An endpoint that the new one replaces is switched off after that, never before.
makes_endpoint=no
case "${1:-} ${2:-} $* " in
  "setup "*) makes_endpoint=yes ;;
  "events endpoint "*" --sync "*) makes_endpoint=yes ;;
esac
if [ "$makes_endpoint" = yes ] && [ -z "${COMPTOIR_IN_DEPLOY:-}" ]; then
  status=0
  run_as_comptoir "$@" || status=$?
  if [ -e /var/lib/comptoir/handover/stripe.env ]; then
    /usr/bin/python3 /usr/local/lib/comptoir/infra/host/host_secrets.py ensure >&2
    COMPTOIR_ACTOR=${SUDO_USER:-root} /usr/bin/python3 /usr/local/lib/comptoir/infra/host/release.py restart >&2
    again=0
    run_as_comptoir events endpoint --sync >&2 || again=$?
    if [ "$1" = events ]; then status=$again; fi
  fi
  exit "$status"
fi
run_as_comptoir "$@"
