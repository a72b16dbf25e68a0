"""The command behind `make audit`: the checklist of tests/audit over SSH, as `comptoir audit` runs it on the host."""

import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from infra.target import ROOT, Target


def run_audit(target: Target) -> int:
    """Run every check on every host of the target; 0 when each line is kept."""
    with tempfile.TemporaryDirectory(prefix="comptoir-audit-") as folder:
        return subprocess.run(audit_command(target, Path(folder)), cwd=ROOT, check=False).returncode


def audit_command(target: Target, folder: Path) -> list[str]:
    """pytest with testinfra's options; `folder` holds the SSH settings and the connection that all checks share."""
    hosts = target.hosts_of("app")
    data = hosts[0][1]
    config = folder / "ssh_config"
    # A file, because testinfra's pytest plugin takes `--ssh-extra-args` and forgets them.
    config.write_text("Host *\n" + "".join(f"  {line}\n" for line in ssh_settings(data, folder)))
    addresses = ",".join(f"ssh://{data['ssh_user']}@{address}:{data['ssh_port']}" for address, _ in hosts)
    command = [sys.executable, "-m", "pytest", "-q", "tests/audit", f"--hosts={addresses}", "--sudo"]
    return [*command, f"--ssh-config={config}"]


def ssh_settings(data: Mapping[str, object], folder: Path) -> list[str]:
    """The named key and no other; host keys as pyinfra takes them: new ones noted, changed ones refused."""
    settings = [f"IdentityFile {data['ssh_key']}", "IdentitiesOnly yes", "StrictHostKeyChecking accept-new"]
    if "ssh_known_hosts_file" in data:
        settings.append(f"UserKnownHostsFile {data['ssh_known_hosts_file']}")
    return [*settings, "ControlMaster auto", "ControlPersist 30", f"ControlPath {folder}/%C", "LogLevel ERROR"]
