"""A certificate authority of the host's own, for rehearsals: made once, its key never leaves; clients fetch ca.crt.

`check NAME...` prints what is missing, `ensure NAME...` makes it. The leaf is made anew when it has less than 30 days
left or when its names changed. A real shop brings a certificate that browsers trust.
"""

import ipaddress
import os
import subprocess
import sys
from pathlib import Path

FOLDER = Path(os.environ.get("COMPTOIR_TLS", "/etc/comptoir/tls"))
THIRTY_DAYS = 30 * 86400
AUTHORITY_DAYS = "3650"
LEAF_DAYS = "397"
NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


def openssl(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run openssl; the caller looks at the return code."""
    return subprocess.run(["openssl", *arguments], capture_output=True, text=True, check=False)


def run(*arguments: str) -> None:
    """Run openssl or stop with what it said."""
    done = openssl(*arguments)
    if done.returncode:
        sys.exit(f"openssl {arguments[0]}: {done.stderr.strip()}")


def alternative_names(names: list[str]) -> str:
    """Names and addresses as a subjectAltName."""
    return ",".join(f"IP:{name}" if is_address(name) else f"DNS:{name}" for name in names)


def is_address(name: str) -> bool:
    """True for an IP address."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def pending(names: list[str]) -> list[str]:
    """What is missing."""
    authority, leaf = FOLDER / "ca.crt", FOLDER / "fullchain.pem"
    if not authority.exists() or not (FOLDER / "ca.key").exists():
        return ["authority", "certificate"]
    if not leaf.exists() or not (FOLDER / "privkey.pem").exists():
        return ["certificate"]
    if openssl("x509", "-in", str(leaf), "-noout", "-checkend", str(THIRTY_DAYS)).returncode:
        return ["certificate: less than 30 days left"]
    flags = {name: "-checkip" if is_address(name) else "-checkhost" for name in names}
    for name, flag in flags.items():
        if "does match" not in openssl("x509", "-in", str(leaf), "-noout", flag, name).stdout:
            return [f"certificate: {name} is not in it"]
    if openssl("verify", "-CAfile", str(authority), str(leaf)).returncode:
        return ["certificate: signed by another authority"]
    return []


def make_authority() -> None:
    """Key and certificate of the authority, good for certificates and nothing else."""
    key = FOLDER / "ca.key"
    run(
        *("req", "-x509", *NEW_KEY, "-keyout", str(key), "-out", str(FOLDER / "ca.crt"), "-days", AUTHORITY_DAYS),
        *("-subj", "/CN=Comptoir rehearsal authority"),
        *("-addext", "basicConstraints=critical,CA:TRUE,pathlen:0"),
        *("-addext", "keyUsage=critical,keyCertSign,cRLSign"),
    )
    key.chmod(0o600)
    (FOLDER / "ca.crt").chmod(0o644)


def make_certificate(names: list[str]) -> None:
    """A leaf for the names; nginx's files are replaced at the end, key first."""
    request, extensions = FOLDER / "leaf.csr", FOLDER / "leaf.ext"
    key, leaf = FOLDER / "privkey.new", FOLDER / "leaf.crt"
    extensions.write_text(
        f"subjectAltName={alternative_names(names)}\nbasicConstraints=critical,CA:FALSE\n"
        "keyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\n"
    )
    run("req", "-new", *NEW_KEY, "-keyout", str(key), "-out", str(request), "-subj", f"/CN={names[0]}")
    run(
        *("x509", "-req", "-in", str(request), "-CA", str(FOLDER / "ca.crt"), "-CAkey", str(FOLDER / "ca.key")),
        *("-CAcreateserial", "-days", LEAF_DAYS, "-extfile", str(extensions), "-out", str(leaf)),
    )
    chain = FOLDER / "fullchain.new"
    chain.write_text(leaf.read_text() + (FOLDER / "ca.crt").read_text())
    key.chmod(0o600)
    key.replace(FOLDER / "privkey.pem")
    chain.replace(FOLDER / "fullchain.pem")
    for path in (request, extensions, leaf):
        path.unlink()


def main(arguments: list[str]) -> None:
    """`check NAME...` or `ensure NAME...`."""
    os.umask(0o077)
    verb, names = (arguments[0], arguments[1:]) if len(arguments) > 1 else ("", [])
    if verb not in ("check", "ensure"):
        sys.exit("usage: own_authority.py check|ensure NAME...")
    todo = pending(names)
    sys.stdout.writelines(f"{line}\n" for line in todo)
    if verb == "ensure" and todo:
        if "authority" in todo:
            make_authority()
        make_certificate(names)


if __name__ == "__main__":
    main(sys.argv[1:])
