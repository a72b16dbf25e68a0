"""Why `make up` does not start: one sentence each, French first, English beside it."""

import errno
from pathlib import Path

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
CLOSED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


class StartRefused(Exception):
    """`make up` cannot go on; the message is for a person and nothing may be left running."""


def port_is_not_a_number(value: str) -> StartRefused:
    """PORT is no TCP port."""
    return StartRefused(
        f"PORT={value} n'est pas un port : choisissez un nombre de 1024 à 65535. / "
        f"PORT={value} is no port: choose a number from 1024 to 65535."
    )


def port_is_taken(port: int) -> StartRefused:
    """Another program listens there."""
    return StartRefused(
        f"Le port {port} est déjà pris : arrêtez l'autre programme ou lancez `make up PORT={port + 1}`. / "
        f"Port {port} is taken: stop the other program or run `make up PORT={port + 1}`."
    )


def port_is_reserved(port: int) -> StartRefused:
    """The system keeps that port for root."""
    return StartRefused(
        f"Le port {port} est réservé au système : lancez `make up PORT=9000`. / "
        f"Port {port} is reserved for the system: run `make up PORT=9000`."
    )


def already_running(data: Path) -> StartRefused:
    """Another `make up` holds this data folder."""
    return StartRefused(
        f"Comptoir tourne déjà sur {data} : arrêtez-le (Ctrl-C) ou lancez `make up PORT=9001 DATA=var2`. / "
        f"Comptoir already runs on {data}: stop it (Ctrl-C) or run `make up PORT=9001 DATA=var2`."
    )


def not_writable(path: Path, reason: str) -> StartRefused:
    """The data folder cannot be made or written."""
    return StartRefused(
        f"Impossible d'écrire dans {path} ({reason}) : donnez-vous ce droit ou choisissez un autre dossier, DATA=. / "
        f"Cannot write to {path} ({reason}): get the right to, or choose another folder, DATA=."
    )


def disk_is_full(path: Path, needed_mb: int) -> StartRefused:
    """No room for the database."""
    return StartRefused(
        f"Le disque de {path} est plein : libérez {needed_mb} Mo ou choisissez un autre dossier, DATA=. / "
        f"The disk of {path} is full: free {needed_mb} MB or choose another folder, DATA=."
    )


def data_are_gone(data: Path) -> StartRefused:
    """Somebody removed the folder below our feet."""
    return StartRefused(
        f"Le dossier {data} a disparu : tout est arrêté, relancez pour repartir de zéro. / "
        f"The folder {data} is gone: everything is stopped, run it again to start afresh."
    )


def gave_up(what: str, log: Path) -> StartRefused:
    """A part of the instance does not start, or dies again and again."""
    return StartRefused(
        f"{what} ne démarre pas : la cause est à la fin de {log}. / {what} does not start: see the end of {log}."
    )


def from_system(trouble: OSError, data: Path, needed_mb: int) -> StartRefused | None:
    """The sentence for an operating system's no, if it is one a person can do something about."""
    path = Path(trouble.filename) if isinstance(trouble.filename, str) else data
    if trouble.errno in FULL:
        return disk_is_full(path, needed_mb)
    if trouble.errno in CLOSED or isinstance(trouble, NotADirectoryError | FileExistsError):
        return not_writable(path, trouble.strerror or "?")
    return None
