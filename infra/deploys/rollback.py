"""Back to a release that the host kept: COMPTOIR_TAG, or the last good one."""

import os

from pyinfra import config

from infra.deploys import lock
from infra.deploys.operations import releases
from infra.source import check_tag_name

config.SUDO = True

TAG = os.environ.get("COMPTOIR_TAG", "")
if TAG:
    check_tag_name(TAG)
lock.hold(TAG or "rollback")
releases.rolled_back(name=f"Rollback to {TAG or 'the last good release'}", release=TAG)
