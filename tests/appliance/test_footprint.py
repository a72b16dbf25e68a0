"""What the whole machine weighs when nobody buys: the sum of every process's proportional share of memory."""

from collections import Counter

from tests.appliance.shop import Shop
from tests.proofs import record_proof

LARGEST_IDLE_MB = 600  # design §6
# Name and share of each process; a kernel thread has none, a process may end while it is read.
READ_SHARES = """
for folder in /proc/[0-9]*; do
  share=$(sed -n 's/^Pss: *\\([0-9]*\\) kB/\\1/p' $folder/smaps_rollup 2>/dev/null) && test -n "$share" || continue
  case "$(tr '\\0' ' ' < $folder/cmdline)" in
    *app.serve*) name=web ;; *app.worker*) name=worker ;; *supervisord*) name=supervisord ;;
    *postgres*) name=postgresql ;; *redis-server*) name=redis ;; *nginx*) name=nginx ;;
    *sshd*|bash*) continue ;; *) name=system ;;
  esac
  echo "$name $share"
done
"""


def test_an_idle_shop_weighs_less_than_600_mb(deployed_shop: Shop) -> None:
    shares: Counter[str] = Counter()
    for line in deployed_shop.host.run("bash -s", stdin=READ_SHARES).stdout.splitlines():
        name, kilobytes = line.split()
        shares[name] += int(kilobytes)
    megabytes = {name: round(kilobytes / 1024, 1) for name, kilobytes in sorted(shares.items())}
    total = round(sum(shares.values()) / 1024, 1)
    assert {"web", "worker", "postgresql", "redis", "nginx", "supervisord"} <= set(megabytes)
    assert total <= LARGEST_IDLE_MB, megabytes
    record_proof("footprint-idle", {**{f"{name}_mb": value for name, value in megabytes.items()}, "total_mb": total})
