# ruff: noqa: UP006, UP031, UP035, UP045
"""Make `.venv` ready for `make up` or `make test`, from nothing but a Python and its standard library.

Run by the machine's own Python, which may be far too old: this file must parse on Python 3.5 to say so in one
sentence. Hence no f-string, no annotated variable, no import from the project.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from typing import Callable, Dict, List, Optional, Sequence

OLDEST_PYTHON = (3, 11)
NEWER_NAMES = ("python3.14", "python3.13", "python3.12", "python3.11")
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VENV = os.path.join(ROOT, ".venv")
VENV_PYTHON = os.path.join(VENV, "bin", "python")
INTO = ["--python", VENV_PYTHON]
UV_HOME = os.path.join(VENV, "uv")
UV = [os.path.join(UV_HOME, "bin", "uv"), "--quiet", "pip"]
LOCKS = {"up": "requirements-up.lock", "test": "requirements-test.lock"}
# What a set is satisfied by: the test set holds everything of the other, and `make up` must not strip it.
STAMPS_OF = {"up": ("test", "up"), "test": ("test",)}
FULL_BELOW_BYTES = 30 * 1024 * 1024


class Refusal(Exception):
    """One sentence for the person, in French then English."""


def main(arguments: Sequence[str]) -> int:
    """Bring `.venv` to the set named by the only argument (up, test), or `lock` again; 1 and one sentence if not."""
    try:
        wanted = arguments[0]
        check_python()
        if wanted == "lock":
            lock()
        elif not is_current(wanted):
            install(wanted)
    except Refusal as refusal:
        sys.stderr.write("%s\n" % refusal)
        return 1
    except KeyboardInterrupt:
        return 130
    except OSError as trouble:
        sys.stderr.write("%s\n" % sentence_for(trouble))
        return 1
    return 0


def check_python() -> None:
    """Go on with a newer Python of this machine if this one is too old; refuse if there is none."""
    if sys.version_info >= OLDEST_PYTHON:
        return
    for name in NEWER_NAMES:
        newer = shutil.which(name)
        if newer:
            os.execv(newer, [newer, *sys.argv])  # noqa: S606
    found = "%d.%d" % sys.version_info[:2]
    raise Refusal(
        "Python 3.11 ou plus récent est nécessaire, cette machine a Python %s : installez le paquet python3.11.\n"
        "Python 3.11 or newer is needed, this machine has Python %s: install the package python3.11." % (found, found)
    )


def is_current(wanted: str) -> bool:
    """True if one of the sets that satisfy `wanted` was installed from exactly these files by this Python."""
    return any(read_stamp(name) == compute_stamp(name) for name in STAMPS_OF[wanted])


def compute_stamp(name: str) -> str:
    """Everything that decides what the environment holds, as one digest."""
    return compute_digest([LOCKS[name], "requirements-uv.lock", "pyproject.toml"])


def compute_digest(names: Sequence[str]) -> str:
    """One digest of these files, of this Python and of where we are: a moved environment does not work."""
    digest = hashlib.sha256(("%s %s %s" % (os.path.realpath(sys.executable), sys.version, ROOT)).encode())
    for name in names:
        with open(os.path.join(ROOT, name), "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()


def read_stamp(name: str) -> Optional[str]:
    """The digest left by the last complete installation of this set, if its Python is still there."""
    if not os.path.exists(VENV_PYTHON):
        return None
    try:
        with open(os.path.join(VENV, "%s.stamp" % name)) as file:
            return file.read()
    except OSError:
        return None


def install(wanted: str) -> None:
    """Make the environment anew where needed, then the exact set of the lock file, then the project itself."""
    started_at = time.time()
    installer = get_installer()
    for name in LOCKS:
        # From here the environment is neither set, until the last line says so: an interruption leaves no lie.
        remove(os.path.join(VENV, "%s.stamp" % name))
    # The stamp covers the interpreter, so a stale one may mean another Python: the old environment cannot be kept.
    if not is_venv_of_this_python():
        remove(VENV)
        step("environnement Python / Python environment", [sys.executable, "-m", "venv", "--without-pip", VENV])
    pip = installer()
    lock = LOCKS[wanted]
    if read_stamp("uv") != compute_digest(["requirements-uv.lock"]):
        exactly = ["--quiet", "--upgrade", "--no-deps", "--require-hashes", "--target", UV_HOME]
        step("uv", [*pip, "install", *exactly, "--requirement", "requirements-uv.lock"])
        write_stamp("uv", compute_digest(["requirements-uv.lock"]))
    environment = uv_environment(pip)
    # The lock also pins what builds the one source archive in it: nothing unhashed is ever run.
    hashed = ["--require-hashes", "--build-constraints", lock, "--require-build-hashes"]
    step("dépendances / dependencies (%s)" % lock, [*UV, "sync", *INTO, *hashed, lock], environment)
    own = ["--no-deps", "--no-build-isolation", "--offline", "--editable", "."]
    step("Comptoir", [*UV, "install", *INTO, *own], environment)
    write_stamp(wanted, compute_stamp(wanted))
    say("environnement prêt en %.0f s / environment ready" % (time.time() - started_at))


def lock() -> None:
    """Resolve pyproject.toml again into the lock files, with a hash for every file and no address."""
    environment = uv_environment(get_installer()())
    plainly = ["--universal", "--generate-hashes", "--no-header", "--no-annotate", "--no-emit-index-url"]
    for name, extra in (("requirements.lock", ""), (LOCKS["up"], "up"), (LOCKS["test"], "test")):
        of_extra = ["--extra", extra] if extra else []
        command = [*UV, "compile", *plainly, *of_extra, "pyproject.toml", "--output-file", name]
        step(name, command, environment)


def is_venv_of_this_python() -> bool:
    """True if `.venv` was made by the Python that runs this file, and works."""
    code = "import os, sys; print(os.path.realpath(sys.executable), sys.version)"
    try:
        answer = subprocess.check_output([VENV_PYTHON, "-c", code], stderr=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError):
        return False
    return answer.decode().strip() == ("%s %s" % (os.path.realpath(sys.executable), sys.version)).strip()


def get_installer() -> Callable[[], List[str]]:
    """How to get a pip: the machine's, or one that venv can make. Neither: refuse, before anything was done."""
    if can_import("venv"):
        if can_import("pip"):
            return lambda: [sys.executable, "-m", "pip"]
        if can_import("ensurepip"):
            return make_pip
    raise Refusal(
        "Ce Python n'a ni pip ni venv complet : installez le paquet python3-venv (Debian, Ubuntu : "
        "apt install python3-venv), puis relancez.\n"
        "This Python has neither pip nor a complete venv: install the package python3-venv (Debian, Ubuntu: "
        "apt install python3-venv), then try again."
    )


def can_import(module: str) -> bool:
    """Ask in a child, as Debian ships an ensurepip that imports and then refuses."""
    code = "import %s" % module if module != "ensurepip" else "import ensurepip; ensurepip.version()"
    return subprocess.call([sys.executable, "-c", code], stderr=subprocess.DEVNULL) == 0


def make_pip() -> List[str]:
    """A pip in a venv of its own, because the exact sync of `.venv` would remove it there."""
    home = os.path.join(VENV, "pip")
    if not os.path.exists(os.path.join(home, "bin", "pip")):
        step("pip", [sys.executable, "-m", "venv", home])
    return [os.path.join(home, "bin", "python"), "-m", "pip"]


def uv_environment(pip: List[str]) -> Dict[str, str]:
    """The environment for uv: it reads no pip configuration, so what this machine says to pip is said to uv too."""
    environment = dict(os.environ)
    found = {"UV_SYSTEM_CERTS": "1", "UV_PYTHON_DOWNLOADS": "never"}
    found.update(translate(read_pip_settings(pip)))
    for name, value in found.items():
        environment.setdefault(name, value)
    return environment


def read_pip_settings(pip: List[str]) -> Dict[str, str]:
    """pip's own view of its files and environment, the strongest last: global, then install, then environment."""
    listing = subprocess.check_output([*pip, "config", "list"], cwd=ROOT, stderr=subprocess.DEVNULL).decode()
    settings = {}
    for section in ("global.", "install.", ":env:."):
        for line in listing.splitlines():
            name, _, value = line.partition("=")
            if name.startswith(section):
                settings[name[len(section) :]] = value.strip("'\"")
    return settings


def translate(pip_settings: Dict[str, str]) -> Dict[str, str]:
    """pip's settings in uv's words."""
    # pip prefers no index to another; every file is named by its hash, so uv may do the same.
    result = {"UV_INDEX_STRATEGY": "unsafe-best-match"}
    words = {
        "index-url": ("UV_DEFAULT_INDEX", " "),
        "extra-index-url": ("UV_INDEX", " "),
        "find-links": ("UV_FIND_LINKS", ","),
        "trusted-host": ("UV_INSECURE_HOST", " "),
        "default-timeout": ("UV_HTTP_TIMEOUT", ""),
        "timeout": ("UV_HTTP_TIMEOUT", ""),
        "proxy": ("ALL_PROXY", ""),
        "cert": ("SSL_CERT_FILE", ""),
    }
    for name, (uv_name, separator) in words.items():
        if name in pip_settings:
            result[uv_name] = separator.join(pip_settings[name].replace("\\n", " ").split())
    if pip_settings.get("no-index", "").lower() in ("1", "true", "yes", "on"):
        result["UV_NO_INDEX"] = "1"
    return result


def step(what: str, command: List[str], environment: Optional[Dict[str, str]] = None) -> None:
    """Run one command of the installation: its name while it works, its own words only if it fails."""
    say(what)
    done = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL
    )
    output = done.communicate()[0].decode("utf-8", "replace").strip()
    if done.returncode == 0:
        return
    if shutil.disk_usage(ROOT).free < FULL_BELOW_BYTES:
        raise Refusal(DISK_FULL)
    raise Refusal(
        "%s\nL'installation s'est arrêtée à l'étape « %s » (la première fois, il faut le réseau) ; relancez.\n"
        "The installation stopped at this step (the first time needs the network); run it again."
        % ("\n".join(output.splitlines()[-8:]), what)
    )


def write_stamp(name: str, digest: str) -> None:
    """Say that the set is complete, in one move."""
    path = os.path.join(VENV, "%s.stamp" % name)
    with open(path + ".new", "w") as file:
        file.write(digest)
    os.replace(path + ".new", path)


def remove(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)


def say(line: str) -> None:
    sys.stdout.write("  … %s\n" % line)
    sys.stdout.flush()


DISK_FULL = (
    "Le disque est plein : libérez au moins 500 Mo, puis relancez.\n"
    "The disk is full: free at least 500 MB, then try again."
)


def sentence_for(trouble: OSError) -> str:
    """An operating system's refusal in one sentence."""
    if trouble.errno in (27, 28, 122):  # file too large, no space left, quota
        return DISK_FULL
    path = trouble.filename or ROOT
    return (
        "Impossible d'écrire dans %s (%s) : donnez-vous le droit d'y écrire, ou copiez le projet ailleurs.\n"
        "Cannot write to %s (%s): get the right to write there, or copy the project elsewhere."
        % (path, trouble.strerror, path, trouble.strerror)
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
