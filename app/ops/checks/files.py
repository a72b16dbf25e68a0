"""Checks of files, modes, secrets and settings on the host; a probe prints lengths and counts, never a value."""

from app.ops.checks.model import DEPLOY, Check
from app.ops.rules import at_least, at_most, each_line_is, equals, matches

OWN_SECRETS = "JWT_SECRET COOKIE_SECRET BREVO_WEBHOOK_TOKEN"
MODES = (
    Check(
        "files.settings",
        ("S0-013", "S0-050"),
        "les réglages ne sont lisibles que par root et l'application",
        "stat -c '%a %U:%G' /etc/comptoir/env",
        equals("640 root:comptoir"),
        "chown root:comptoir /etc/comptoir/env; chmod 640 /etc/comptoir/env",
    ),
    Check(
        "files.root_settings",
        ("S0-050",),
        "les réglages des migrations et des sauvegardes ne sont lisibles que par root",
        "stat -c '%a %U:%G' /etc/comptoir/owner.env /etc/comptoir/backup.env",
        each_line_is("600 root:root"),
        "chown root:root /etc/comptoir/*.env; chmod 600 /etc/comptoir/owner.env /etc/comptoir/backup.env",
    ),
    Check(
        "files.backups",
        (),
        "les sauvegardes ne sont lisibles que par root et le rôle de sauvegarde",
        "find /var/backups/comptoir -perm /077 | wc -l",
        equals("0"),
        "chmod -R go-rwx /var/backups/comptoir",
    ),
    Check(
        "files.tls_key",
        ("S0-066",),
        "la clé TLS n'est lisible que par root",
        "nginx -T 2>/dev/null | sed -n 's/^ *ssl_certificate_key *\\(.*\\);/\\1/p' | sort -u"
        " | xargs stat -L -c '%a %U'",
        each_line_is("600 root"),
        "chmod 600 sur la clé nommée par ssl_certificate_key",
    ),
    Check(
        "files.releases",
        (),
        "l'application ne peut pas changer son propre code",
        "find -L /opt/comptoir/current -maxdepth 3 \\( -user comptoir -o -perm -o=w \\) ! -type l | wc -l",
        equals("0"),
        "redéployer : make deploy",
    ),
    Check(
        "files.uploads",
        ("S0-036",),
        "les images vivent hors des versions, à l'application seule d'écrire",
        "stat -c '%U' \"$(setting UPLOADS_DIR)\""
        " && if setting UPLOADS_DIR | grep -q '^/opt/comptoir/releases'; then echo inside a release; fi",
        each_line_is("comptoir"),
        DEPLOY,
    ),
    Check(
        "files.private",
        ("S0-037",),
        "les fichiers privés ne sont lisibles que par l'application, et nginx ne les sert pas",
        'stat -c \'%a %U\' "$(dirname "$(setting UPLOADS_DIR)")/private-files"',
        equals("700 comptoir"),
        DEPLOY,
    ),
    Check(
        "images.size",
        ("S0-165",),
        "aucune image publique ne dépasse 500 ko",
        'find "$(setting UPLOADS_DIR)" -type f -size +500000c | wc -l',
        equals("0"),
        "renvoyer l'image trop lourde : comptoir products images add",
    ),
    Check(
        "cdn.if_s3",
        ("S0-167",),
        "les images d'un stockage S3 passent par un CDN",
        'if [ -z "$(setting FILE_STORE_URL)" ]; then echo not-applicable: pictures are on this disk;'
        " else setting FILES_PUBLIC_URL; fi",
        matches("https://.*"),
        "FILES_PUBLIC_URL dans /etc/comptoir/env, puis comptoir release restart",
    ),
    Check(
        "files.log_rotation",
        ("S0-111", "S3-023"),
        "les journaux tournent et se gardent 30 jours",
        "grep -hoE '(rotate|maxage) 30$' /etc/logrotate.d/comptoir | head -1 | cut -d' ' -f2",
        equals("30"),
        DEPLOY,
    ),
)

SETTINGS = (
    Check(
        "settings.valid",
        ("S0-009", "S0-048", "S0-145", "S4-038", "S4-066"),
        "les réglages sont complets et sans valeur de développement",
        "COMPTOIR_ENV_FILE=/etc/comptoir/env /opt/comptoir/current/.venv/bin/comptoir config check >/dev/null 2>&1"
        "; echo $?",
        equals("0"),
        "comptoir config check dit laquelle corriger dans /etc/comptoir/env",
    ),
    Check(
        "settings.environment",
        ("S0-145", "S4-058"),
        "le serveur se sait en production (ou en répétition)",
        "setting COMPTOIR_ENV",
        matches("production|rehearsal"),
        "COMPTOIR_ENV=production dans /etc/comptoir/env, puis comptoir release restart",
    ),
    Check(
        "secrets.length",
        ("S0-046", "S0-047", "S0-147"),
        "les secrets des jetons, des cookies et du webhook Brevo ont au moins 32 caractères",
        f"for name in {OWN_SECRETS}; do setting $name | tr -d '\\n' | wc -c; done | sort -n | head -1",
        at_least(32),
        "en générer de nouveaux : openssl rand -hex 32, dans /etc/comptoir/env",
    ),
    Check(
        "secrets.distinct",
        ("S0-147",),
        "les secrets sont tous différents",
        f"for name in {OWN_SECRETS} STRIPE_WEBHOOK_SECRET STRIPE_SECRET_KEY BREVO_API_KEY; do"
        " setting $name; done | sort | uniq -d | wc -l",
        equals("0"),
        "en générer de nouveaux : openssl rand -hex 32, dans /etc/comptoir/env",
    ),
    Check(
        "secrets.argv",
        ("S0-013",),
        "aucun secret dans la ligne de commande d'un processus",
        f"for name in {OWN_SECRETS} STRIPE_WEBHOOK_SECRET STRIPE_SECRET_KEY BREVO_API_KEY DATABASE_URL; do"
        " setting $name; done | grep . > /run/comptoir-audit.$$ && chmod 600 /run/comptoir-audit.$$;"
        " cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n' | grep -cFf /run/comptoir-audit.$$ || true;"
        " rm -f /run/comptoir-audit.$$",
        equals("0"),
        "trouver le processus (ps auxww), le relancer sans secret, puis changer ce secret",
    ),
    Check(
        "secrets.rotation",
        (),
        "deux secrets de webhook ne sont acceptés côte à côte que 48 heures",
        "for name in STRIPE_WEBHOOK_SECRET BREVO_WEBHOOK_TOKEN; do until=$(setting ${name}_PREVIOUS_UNTIL);"
        ' if [ -z "$until" ]; then echo 0; else end=$(date -d "$until" +%s) || exit 1;'
        " echo $(( (end - $(date +%s)) / 3600 )); fi; done | sort -n | tail -1",
        at_most(48),
        "retirer les réglages _PREVIOUS et _PREVIOUS_UNTIL de /etc/comptoir/env, puis comptoir release restart",
    ),
    Check(
        "secrets.database",
        ("S0-013", "S0-154", "S4-046"),
        "le mot de passe de la base a au moins 24 caractères",
        "setting DATABASE_URL | sed 's#^[^:]*://[^:]*:\\([^@]*\\)@.*#\\1#' | tr -d '\\n' | wc -c",
        at_least(24),
        DEPLOY,
    ),
    Check(
        "stripe.endpoint",
        ("S3-009", "S3-020", "S3-033", "S4-034", "S4-070"),
        "Stripe connaît notre point d'entrée : activé, à notre adresse, nos événements, notre version",
        "as_the_shop events endpoint --json",
        matches('.*"faults": \\[\\].*'),
        "comptoir events endpoint --sync",
    ),
    Check(
        "stripe.keys",
        ("S0-022", "S0-148"),
        "la clé Stripe est une clé réelle",
        'if [ "$(setting COMPTOIR_ENV)" = rehearsal ]; then echo not-applicable: rehearsal uses test keys;'
        " else setting STRIPE_SECRET_KEY | cut -c1-8; fi",
        matches("(sk|rk)_live_"),
        "STRIPE_SECRET_KEY dans /etc/comptoir/env, puis comptoir release restart",
    ),
    Check(
        "stripe.webhook_secret",
        ("S0-023", "S4-069"),
        "le secret du webhook Stripe est posé",
        "setting STRIPE_WEBHOOK_SECRET | cut -c1-6",
        equals("whsec_"),
        "STRIPE_WEBHOOK_SECRET dans /etc/comptoir/env, puis comptoir release restart",
    ),
    Check(
        "brevo.sender",
        ("S0-030",),
        "l'expéditeur des courriels a un nom et une adresse",
        "setting BREVO_SENDER_NAME | grep -c .; setting BREVO_SENDER_EMAIL | grep -c '@'",
        each_line_is("1"),
        "BREVO_SENDER_NAME et BREVO_SENDER_EMAIL dans /etc/comptoir/env",
    ),
    Check(
        "brevo.sender_verified",
        ("S0-149",),
        "Brevo laisse écrire sous l'adresse de la boutique",
        "as_the_shop mail sender --json",
        matches('.*"standing": "verified".*'),
        "comptoir mail sender dit ce qui manque ; inconnu de Brevo : comptoir setup",
    ),
    Check(
        "cors.origins",
        ("S0-044", "S0-146"),
        "les origines admises sont exactes et en https",
        "for name in STORE_CORS ADMIN_CORS AUTH_CORS; do setting $name; done | tr ',' '\\n' | grep ."
        " | grep -cvE '^https://[a-z0-9.-]+(:[0-9]+)?$' || true",
        equals("0"),
        "corriger STORE_CORS, ADMIN_CORS, AUTH_CORS dans /etc/comptoir/env",
    ),
)
