#!/bin/sh
# The nightly dump, by cron or by hand, always as the database's backup user: root would be asked for a password.
set -eu
program="/usr/bin/python3 /usr/local/lib/comptoir/backups/nightly_dump.py"
cd /
if [ "$(id -un)" = comptoir_backup ]; then exec $program "$@"; fi
exec setpriv --reuid=comptoir_backup --regid=comptoir_backup --init-groups -- $program "$@"
