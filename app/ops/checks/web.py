"""Checks of what a visitor meets: TLS, redirects, headers, the API's own answers."""

from app.ops.checks.model import DEPLOY, Check
from app.ops.rules import at_least, equals, matches

TLS = (
    Check(
        "tls.certificate",
        ("S0-066", "S0-159"),
        "le certificat vaut encore au moins 21 jours",
        'echo | openssl s_client -connect 127.0.0.1:443 -servername "$host" 2>/dev/null'
        " | openssl x509 -noout -enddate | cut -d= -f2"
        ' | { read -r end; echo $(( ($(date -d "$end" +%s) - $(date +%s)) / 86400 )); }',
        at_least(21),
        "renouveler le certificat : make deploy",
    ),
    Check(
        "tls.name",
        ("S0-065",),
        "le certificat porte le nom du serveur",
        'echo | openssl s_client -connect 127.0.0.1:443 -servername "$host" 2>/dev/null'
        ' | openssl x509 -noout -checkhost "$host" -checkip "$host" 2>&1 | grep -c "does match"',
        at_least(1),
        "corriger le nom dans l'inventaire, puis make deploy",
    ),
    Check(
        "tls.old_versions",
        ("S0-064",),
        "TLS 1.0 et 1.1 sont refusés",
        "for version in -tls1 -tls1_1; do echo | openssl s_client $version -cipher 'ALL:@SECLEVEL=0'"
        ' -connect 127.0.0.1:443 -servername "$host" >/dev/null 2>&1 && echo accepted; done; echo end',
        equals("end"),
        DEPLOY,
    ),
    Check(
        "tls.new_versions",
        ("S0-064",),
        "TLS 1.2 et 1.3 et HTTP/2 sont servis",
        "for version in -tls1_2 -tls1_3; do echo | openssl s_client $version -alpn h2"
        ' -connect 127.0.0.1:443 -servername "$host" 2>/dev/null | grep -a -o "ALPN protocol: h2"; done | wc -l',
        equals("2"),
        DEPLOY,
    ),
)

HTTP = (
    Check(
        "http.redirect",
        ("S0-168",),
        "HTTP est renvoyé vers HTTPS",
        "curl -s --noproxy '*' --max-time 5 -o /dev/null -w '%{http_code}' -H \"Host: $host\" http://127.0.0.1/",
        matches("30[18]"),
        DEPLOY,
    ),
    Check(
        "http.hsts",
        ("S0-171",),
        "l'en-tête HSTS est posé pour un an au moins",
        "web -o /dev/null -D - \"https://$host/health\" | tr -d '\\r'"
        " | sed -n 's/^strict-transport-security: *max-age=\\([0-9]*\\).*/\\1/Ip'",
        at_least(31536000),
        DEPLOY,
    ),
    Check(
        "http.csp",
        ("S0-171",),
        "la politique de contenu refuse tout par défaut sur l'API",
        'web -o /dev/null -D - "https://$host/health" | grep -ic "^content-security-policy:.*default-src \'none\'"',
        equals("1"),
        DEPLOY,
    ),
    Check(
        "http.nosniff",
        ("S0-171",),
        "les types de contenu ne sont pas devinés",
        "web -o /dev/null -D - \"https://$host/health\" | grep -ic '^x-content-type-options: *nosniff'",
        equals("1"),
        DEPLOY,
    ),
    Check(
        "http.request_id",
        (),
        "chaque réponse porte un numéro de requête, une seule fois",
        "web -o /dev/null -D - \"https://$host/health\" | grep -ic '^x-request-id: *[0-9a-z._-]\\{8,\\}'",
        equals("1"),
        DEPLOY,
    ),
    Check(
        "http.gzip",
        ("S0-166",),
        "les réponses sont compressées",
        "web -o /dev/null -D - -H 'Accept-Encoding: gzip' \"https://$host/app/static/page.css\""
        " | grep -ic '^content-encoding: *gzip'",
        equals("1"),
        DEPLOY,
    ),
    Check(
        "http.health",
        ("S0-160", "S4-067"),
        "/health répond par nginx",
        'web -o /dev/null -w "%{http_code}" "https://$host/health"',
        equals("200"),
        "lire /var/log/comptoir/web-0.log, puis comptoir release restart",
    ),
    Check(
        "http.ready",
        ("S0-160", "S4-068"),
        "/health/ready dit que tout est prêt",
        'web -o /dev/null -w "%{http_code}" "https://$host/health/ready"',
        equals("200"),
        "lire le corps de /health/ready : il nomme ce qui manque",
    ),
    Check(
        "http.docs",
        (),
        "la documentation de l'API n'est pas publiée",
        'web -o /dev/null -w "%{http_code}" "https://$host/docs"',
        equals("404"),
        "COMPTOIR_ENV doit valoir production ou rehearsal",
    ),
    Check(
        "http.unknown_host",
        ("S0-065",),
        "un nom de serveur inconnu n'obtient pas la boutique",
        "curl -sk --noproxy '*' --max-time 5 -o /dev/null -w '%{http_code}' -H 'Host: inconnu.example'"
        " https://127.0.0.1/health || true",
        matches("000|4[0-9][0-9]"),
        DEPLOY,
    ),
    Check(
        "http.cors",
        ("S0-146", "S0-170"),
        "une origine inconnue n'est pas admise (CORS)",
        "web -o /dev/null -D - -H 'Origin: https://inconnu.example' \"https://$host/store/regions\""
        " | grep -ic '^access-control-allow-origin' || true",
        equals("0"),
        "corriger STORE_CORS, ADMIN_CORS et AUTH_CORS dans /etc/comptoir/env",
    ),
)

LIMITS = (
    Check(
        "limits.login",
        ("S4-071",),
        "nginx limite les essais de connexion",
        "nginx -T 2>/dev/null | grep -c '^ *limit_req zone=comptoir_login'",
        at_least(1),
        DEPLOY,
    ),
    Check(
        "limits.webhook",
        ("S3-019", "S4-071"),
        "le webhook a sa limite : 100 par minute et par adresse, ou davantage avec sa raison",
        'most=$(setting RATE_LIMIT_WEBHOOK_MAX); echo "${most:-100} $(setting RATE_LIMIT_WEBHOOK_REASON)"',
        matches(r"([1-9]\d?|100)( .*)?|[1-9]\d{2,} \S.*"),
        "dans /etc/comptoir/env, RATE_LIMIT_WEBHOOK_MAX=100 ou RATE_LIMIT_WEBHOOK_REASON ; comptoir release restart",
    ),
)
