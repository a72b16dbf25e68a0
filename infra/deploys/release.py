"""Ships the tree at a tag and has the host put it into service; nothing happens if that tree already serves."""

import os
import tempfile
from pathlib import Path

from pyinfra import config, host

from infra.deploys import lock
from infra.deploys.operations import programs, releases
from infra.source import file_sha256, find_source, write_archive
from infra.target import ROOT

config.SUDO = True

# The archive must outlive this file: operations run after every deploy file was read.
FOLDER = Path(tempfile.mkdtemp(prefix="comptoir-"))


def ship_release() -> None:
    """The programs, the archive if it is needed, the release."""
    is_snapshot_allowed = host.data.comptoir_env != "production"
    source = find_source(ROOT, os.environ.get("COMPTOIR_TAG", ""), is_snapshot_allowed=is_snapshot_allowed)
    lock.hold(source.release)
    programs.ship("release_places.py", "release_lock.py", "release_build.py", "release_serve.py", "release.py")
    archive = write_archive(ROOT, source, FOLDER)
    releases.live(
        name=f"Release {source.release}",
        release=source.release,
        tree=source.tree,
        archive=str(archive),
        sha256=file_sha256(archive),
        keep=int(host.data.releases_kept),
    )
    releases.shop_ready(name="A fresh shop has what it needs", setup_file="/etc/comptoir/setup.toml")
    releases.first_backup(
        name="A first backup",
        command="/usr/local/sbin/comptoir-backup",
        pattern="/var/backups/comptoir/comptoir-*.dump",
    )


ship_release()
