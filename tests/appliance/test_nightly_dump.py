"""The nightly dump: readable when it has its name, private, few; a failed one says so and spoils nothing."""

import json

from tests.appliance.shop import Shop
from tests.rows import row

STATUS = "/var/lib/comptoir/backup/status.json"


def dumps(shop: Shop) -> list[str]:
    """The dumps that have a name."""
    return shop.host.run("cd /var/backups/comptoir && ls *.dump").stdout.split()


@row("S0-020", "S0-124", "S0-125")
def test_a_dump_is_private_readable_and_counted(deployed_shop: Shop) -> None:
    host = deployed_shop.host
    status = json.loads(host.run("comptoir-backup").stdout)

    assert status["status"] == "ok"
    assert status["file"] == dumps(deployed_shop)[-1]
    assert host.run(f"stat -c '%a %U' /var/backups/comptoir/{status['file']}").stdout == "600 comptoir_backup\n"
    assert "TABLE DATA public order" in host.run(f"pg_restore --list /var/backups/comptoir/{status['file']}").stdout
    assert host.run(f"setpriv --reuid=comptoir --regid=comptoir --init-groups cat {STATUS}").stdout.strip() == (
        host.run(f"cat {STATUS}").stdout.strip()
    )


def test_only_the_last_few_stay(deployed_shop: Shop) -> None:
    folder = "/var/backups/comptoir"
    for day in range(1, 10):
        deployed_shop.host.run(
            f"install -o comptoir_backup -m 600 /dev/null {folder}/comptoir-2026010{day}T031700Z.dump"
        )

    status = json.loads(deployed_shop.host.run("comptoir-backup --keep 7").stdout)

    kept = dumps(deployed_shop)
    assert len(kept) == 7
    assert kept[-1] == status["file"]
    assert "comptoir-20260101T031700Z.dump" in status["removed"]
    deployed_shop.host.run(f"rm -f {folder}/comptoir-202601*.dump")


def test_a_failed_dump_gets_no_name_and_the_last_good_one_is_remembered(deployed_shop: Shop) -> None:
    good = json.loads(deployed_shop.host.run("comptoir-backup").stdout)
    before = dumps(deployed_shop)

    failed = deployed_shop.host.run(
        "COMPTOIR_BACKUP_DATABASE='postgresql:///nowhere?host=/var/run/postgresql' comptoir-backup", check=False
    )

    status = json.loads(failed.stdout)
    assert (failed.returncode, status["status"]) == (1, "failed")
    assert 'database "nowhere"' in status["message"]
    assert status["last_success_at"] == good["at"]
    assert dumps(deployed_shop) == before
    assert deployed_shop.host.run("ls -A /var/backups/comptoir | grep partial", check=False).stdout == ""


def test_a_dump_cut_short_is_not_called_readable(deployed_shop: Shop) -> None:
    check = (
        "import sys; sys.path.insert(0, '/usr/local/lib/comptoir/backups'); import nightly_dump, pathlib;"
        " nightly_dump.count_entries(pathlib.Path('/tmp/cut.dump'))"
    )
    newest = dumps(deployed_shop)[-1]
    deployed_shop.host.run(f"head -c -2000 /var/backups/comptoir/{newest} > /tmp/cut.dump")

    cut = deployed_shop.host.run(f'python3 -c "{check}"', check=False)

    assert "BadDump" in cut.stderr
    deployed_shop.host.run("rm /tmp/cut.dump")
