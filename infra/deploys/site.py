"""Everything, in order: preflight, lock, packages, machine, accounts, services, environment, processes, release."""

import os

from pyinfra import config, host, local

from infra.deploys import (
    accounts,
    environment,
    lock,
    machine,
    postgresql,
    processes,
    redis,
    schedule,
    web_front,
)
from infra.deploys.operations import packages, paths

config.SUDO = True

local.include("infra/deploys/preflight.py")
lock.hold(os.environ.get("COMPTOIR_TAG") or "site")

ROLES = (machine, accounts, postgresql, redis, web_front, processes, schedule)
PACKAGES = tuple(dict.fromkeys(package for role in ROLES for package in role.PACKAGES))

postgresql.prepare_cluster()
packages.installed(name="Packages of every role", names=PACKAGES)
accounts.apply()
machine.apply()
postgresql.apply()
redis.apply()
environment.apply()
web_front.apply()
processes.apply()
schedule.apply()
if host.data.get("setup"):
    paths.put(
        "Setup of the shop", paths.Text("/etc/comptoir/setup.toml", host.data.setup, mode="640", group="comptoir")
    )
local.include("infra/deploys/release.py")
