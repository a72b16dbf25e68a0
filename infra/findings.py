"""What the preflight thinks of a host and of the keys, as data; it decides, it touches nothing."""

import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from infra.deploys.facts.host_report import HostReport

Status = Literal["ok", "warning", "failure"]

PROVEN = {("debian", "12"), ("debian", "13")}
EXPECTED = {("ubuntu", "24.04")}
MEMORY_MB = 1900
DISK_MB = 3000
# A port is free, or held by what this deploy put there.
OURS = {80: {"nginx"}, 443: {"nginx"}, 9000: {"supervisord", "python", "python3", "web"}}
# The webhook secret may come later: `comptoir setup` creates the endpoint and hands its secret over.
REQUIRED_KEYS = ("STRIPE_SECRET_KEY", "BREVO_API_KEY")
REQUIRED_SITE = ("BREVO_SENDER_EMAIL", "BREVO_SENDER_NAME")


@dataclass(frozen=True)
class Finding:
    """One thing looked at: a French sentence, an English one, and the value that was measured."""

    name: str
    status: Status
    sentence: str
    value: str

    def line(self) -> str:
        """The finding as one line for a person."""
        mark = {"ok": "ok", "warning": "ATTENTION", "failure": "NON"}[self.status]
        return f"[{mark}] {self.sentence}"


def check_report(report: HostReport) -> list[Finding]:
    """Everything that a host's own report can be wrong about."""
    return [
        _system(report),
        _memory(report),
        _disk(report),
        *(_port(report, port) for port in OURS),
        _clock(report),
        _root(report),
        _python(report),
    ]


def check_keys(path: Path, site: Mapping[str, str], *, is_production: bool) -> list[Finding]:
    """The file of vendor keys: there, private, complete, and of the right kind."""
    if not path.is_file():
        return [_failure("keys", f"Fichier de clés absent : {path}. / Key file missing.", "absent")]
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        return [
            _failure("keys", f"Le fichier de clés est lisible par d'autres : chmod 600 {path}. / chmod 600.", oct(mode))
        ]
    keys = read_keys(path)
    missing = [name for name in REQUIRED_KEYS if not keys.get(name)]
    missing += [name for name in REQUIRED_SITE if not site.get(name)]
    if missing:
        names = ", ".join(missing)
        return [
            _failure("keys", f"Il manque dans la configuration : {names}. / Missing configuration: {names}.", names)
        ]
    return [_kind_of_key(keys["STRIPE_SECRET_KEY"], is_production)]


def read_keys(path: Path) -> dict[str, str]:
    """The KEY=VALUE lines of a file."""
    lines = (line.strip() for line in path.read_text().splitlines())
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name.strip(): value.strip() for name, _, value in pairs}


def _kind_of_key(key: str, is_production: bool) -> Finding:
    is_live = "_live_" in key
    if is_production and not is_live:
        return _failure("keys", "Clé Stripe de test en production. / Stripe test key in production.", "test")
    if is_live and not is_production:
        return _failure(
            "keys", "Clé Stripe réelle hors production : refusé. / Live Stripe key outside production.", "live"
        )
    return Finding("keys", "ok", "Clés présentes, fichier privé. / Keys present, file private.", "")


def _system(report: HostReport) -> Finding:
    value = f"{report.os} {report.os_version}"
    if (report.os, report.os_version) in PROVEN:
        return Finding("os", "ok", f"Système pris en charge : {value}. / Supported system.", value)
    if (report.os, report.os_version) in EXPECTED:
        return Finding("os", "warning", f"{value} devrait convenir, sans preuve. / Expected to work, unproven.", value)
    return _failure(
        "os", f"Système non pris en charge : {value} ; prenez Debian 12 ou 13. / Unsupported system.", value
    )


def _memory(report: HostReport) -> Finding:
    value = f"{report.memory_mb} Mo"
    if report.memory_mb < MEMORY_MB:
        return Finding("memory", "warning", f"Mémoire : {value}, 2 Go conseillés. / Memory below 2 GB.", value)
    return Finding("memory", "ok", f"Mémoire : {value}. / Memory.", value)


def _disk(report: HostReport) -> Finding:
    value = f"{report.disk_free_mb} Mo"
    if report.disk_free_mb < DISK_MB:
        sentence = f"Disque : {value} libres, il en faut {DISK_MB}. / Not enough free disk space."
        return _failure("disk", sentence, value)
    return Finding("disk", "ok", f"Disque : {value} libres. / Free disk space.", value)


def _port(report: HostReport, port: int) -> Finding:
    holders = {process or "?" for held, process in report.listeners if held == port}
    strangers = sorted(holders - OURS[port])
    if strangers:
        names = ", ".join(strangers)
        return _failure(f"port_{port}", f"Le port {port} est pris par {names}. / Port {port} is taken.", names)
    return Finding(
        f"port_{port}", "ok", f"Port {port} libre ou nôtre. / Port free or ours.", ", ".join(sorted(holders))
    )


def _clock(report: HostReport) -> Finding:
    if report.is_container:
        sentence = "Horloge : celle de la machine hôte (conteneur). / Clock of the parent machine (container)."
        return Finding("clock", "warning", sentence, report.container)
    if not report.is_time_synchronised:
        sentence = "Horloge non synchronisée ; ce déploiement installe systemd-timesyncd. / Clock not synchronised."
        return Finding("clock", "warning", sentence, "no")
    return Finding("clock", "ok", "Horloge synchronisée. / Clock synchronised.", "yes")


def _root(report: HostReport) -> Finding:
    if not report.is_root:
        return _failure("sudo", "sudo sans mot de passe ne marche pas : lancez make bootstrap. / sudo fails.", "no")
    return Finding("sudo", "ok", "sudo fonctionne. / sudo works.", "yes")


def _python(report: HostReport) -> Finding:
    version = tuple(int(part) for part in report.python.split(".")) if report.python else (0,)
    if version < (3, 11):
        value = report.python or "absent"
        return _failure("python", f"Python 3.11 ou plus est requis (trouvé : {value}). / Python 3.11+ needed.", value)
    return Finding("python", "ok", f"Python {report.python}.", report.python)


def _failure(name: str, sentence: str, value: str) -> Finding:
    return Finding(name, "failure", sentence, value)
