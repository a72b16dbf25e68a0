"""Checks of the machine: services, listeners, versions, sizes."""

from app.ops.checks.model import DEPLOY, Check
from app.ops.rules import at_least, at_most, each_line_is, equals, matches, same_lines

SERVICES = (
    Check(
        "service.postgresql",
        ("S0-005",),
        "PostgreSQL tourne",
        "systemctl is-active 'postgresql@*-main.service'",
        each_line_is("active"),
        "systemctl start postgresql, puis lire journalctl -u 'postgresql@*'",
    ),
    Check(
        "service.redis",
        ("S0-042", "S0-150"),
        "Redis répond",
        "redis-cli ping",
        equals("PONG"),
        "systemctl start redis-server",
    ),
    Check(
        "service.nginx",
        ("S0-054",),
        "nginx tourne",
        "systemctl is-active nginx",
        equals("active"),
        "nginx -t, puis systemctl start nginx",
    ),
    Check(
        "service.supervisor",
        ("S0-063",),
        "supervisor tourne",
        "systemctl is-active supervisor",
        equals("active"),
        "systemctl start supervisor",
    ),
    Check(
        "service.web",
        (),
        "les deux processus web tournent",
        "supervisorctl status | grep -c '^web:.* RUNNING '",
        equals("2"),
        "lire /var/log/comptoir/web-0.log, puis comptoir release restart",
    ),
    Check(
        "service.worker",
        (),
        "le processus des tâches tourne",
        "supervisorctl status | grep -c '^worker.* RUNNING '",
        equals("1"),
        "lire /var/log/comptoir/worker.log, puis supervisorctl start worker",
    ),
    Check(
        "service.cron",
        (),
        "cron tourne",
        "systemctl is-active cron",
        equals("active"),
        "systemctl start cron",
    ),
    Check(
        "service.restarts",
        (),
        "nginx et PostgreSQL reviennent seuls après un arrêt brutal",
        "systemctl show -p Restart --value nginx.service"
        ' "$(systemctl list-units --plain --no-legend \'postgresql@*\' | cut -d" " -f1 | head -1)" | grep .',
        each_line_is("always"),
        DEPLOY,
    ),
    Check(
        "time.synchronised",
        (),
        "l'horloge est synchronisée",
        "if in_container; then echo not-applicable: the clock belongs to the host of the container;"
        " else timedatectl show -p NTPSynchronized --value; fi",
        equals("yes"),
        "systemctl enable --now systemd-timesyncd",
    ),
)

LISTENERS = (
    Check(
        "listen.public",
        ("S0-002", "S0-005", "S0-011"),
        "seuls SSH et nginx écoutent au-dehors",
        "ss -Htln | awk '{print $4}' | grep -vE '^(127\\.|\\[::1\\])' | grep -vE '%lo:|%lo$'"
        " | sed 's/.*://' | sort -nu | tr '\\n' ' '",
        matches(r"22 80 443"),
        "couper le service en trop, puis make deploy",
    ),
    Check(
        "listen.web",
        ("S0-002",),
        "l'application n'écoute que sur la boucle locale, port 9000",
        "ss -Htln 'sport = :9000' | awk '{print $4}'",
        each_line_is("127.0.0.1:9000"),
        DEPLOY,
    ),
    Check(
        "listen.database",
        ("S0-005", "S0-011"),
        "PostgreSQL n'est pas joignable du dehors",
        "ss -Htln 'sport = :5432' | awk '{print $4}' | grep -vcE '^(127\\.0\\.0\\.1|\\[::1\\]):' || true",
        equals("0"),
        DEPLOY,
    ),
    Check(
        "listen.firewall",
        (),
        "le pare-feu refuse tout ce qui n'est pas permis",
        "nft list chain inet comptoir input | grep -c 'policy drop'",
        equals("1"),
        DEPLOY,
    ),
)

VERSIONS = (
    Check(
        "version.postgresql",
        ("S0-010", "S0-052"),
        "PostgreSQL 14 ou plus récent",
        "query 'SHOW server_version_num'",
        at_least(140000),
        "installer la version de la distribution, puis make deploy",
    ),
    Check(
        "version.redis",
        ("S0-053",),
        "Redis 6 ou plus récent",
        "redis-cli info server | sed -n 's/^redis_version:\\([0-9]*\\).*/\\1/p'",
        at_least(6),
        "installer la version de la distribution, puis make deploy",
    ),
    Check(
        "version.python",
        ("S0-051",),
        "Python 3.11 ou plus récent",
        "/opt/comptoir/current/.venv/bin/python -c 'import sys; print(sys.version_info[1])'",
        at_least(11),
        "installer Debian 12 ou 13",
    ),
    Check(
        "version.nginx",
        ("S0-054",),
        "la configuration de nginx est valide",
        "nginx -t 2>&1 | grep -c 'test is successful'",
        equals("1"),
        "nginx -t, puis make deploy",
    ),
    Check(
        "version.release",
        (),
        "la version servie est celle de l'étiquette déployée",
        'basename "$(readlink -f /opt/comptoir/current)"; cat /opt/comptoir/current/RELEASE;'
        ' web "https://$host/health" | sed \'s/.*"version": *"\\([^"]*\\)".*/\\1/\'',
        same_lines(),
        "make deploy",
    ),
    Check(
        "size.cpu",
        ("S0-055",),
        "au moins 2 processeurs",
        "nproc",
        at_least(2),
        "prendre un serveur de 2 vCPU",
    ),
    Check(
        "size.memory",
        ("S0-056",),
        "au moins 2 Go de mémoire",
        "awk '/^MemTotal/ {print int($2 / 1024)}' /proc/meminfo",
        at_least(1900),
        "prendre un serveur de 2 Go",
    ),
    Check(
        "size.disk",
        ("S0-057",),
        "plus de 15 % de disque libre",
        "df --output=pcent / | tail -1 | tr -d ' %'",
        at_most(85),
        "faire de la place : comptoir release list, /var/backups/comptoir, journalctl --vacuum-size=200M",
    ),
)
