"""Checks of the database, its roles and guards, and of the backups."""

from app.ops.checks.model import DEPLOY, Check
from app.ops.rules import at_least, at_most, each_line_is, equals, same_lines

DATABASE = (
    Check(
        "database.owner",
        ("S0-012",),
        "la base appartient au rôle des migrations, pas à l'application",
        "query \"SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'comptoir'\"",
        equals("comptoir_owner"),
        DEPLOY,
    ),
    Check(
        "database.app_rights",
        ("S0-138",),
        "l'application ne peut ni créer ni changer de table",
        "query \"SELECT has_schema_privilege('comptoir_app', 'public', 'CREATE')"
        " OR EXISTS (SELECT FROM pg_tables WHERE schemaname = 'public' AND tableowner LIKE 'comptoir_app%')\"",
        equals("f"),
        DEPLOY,
    ),
    Check(
        "database.superusers",
        ("S0-138",),
        "postgres est le seul superutilisateur",
        "query 'SELECT rolname FROM pg_roles WHERE rolsuper'",
        each_line_is("postgres"),
        'psql : ALTER ROLE "<nom>" NOSUPERUSER',
    ),
    Check(
        "database.passwords",
        ("S0-154",),
        "les mots de passe des rôles de l'application sont gardés en SCRAM",
        "query \"SELECT left(rolpassword, 13) FROM pg_authid WHERE rolname LIKE 'comptoir_app\\__'\"",
        each_line_is("SCRAM-SHA-256"),
        DEPLOY,
    ),
    Check(
        "database.readonly",
        ("S0-138",),
        "le rôle donné aux personnes ne fait que lire",
        'query "SELECT count(*) FROM information_schema.role_table_grants'
        " WHERE grantee = 'comptoir_readonly' AND privilege_type <> 'SELECT'\"",
        equals("0"),
        DEPLOY,
    ),
    Check(
        "database.at_head",
        ("S0-151", "S4-048", "S4-073", "S1-019"),
        "toutes les migrations sont faites",
        "query 'SELECT version_num FROM alembic_version';"
        " cd /opt/comptoir/current && .venv/bin/alembic heads 2>/dev/null | cut -d' ' -f1",
        same_lines(),
        DEPLOY,
    ),
    Check(
        "database.guards",
        ("S0-138",),
        "prix, promotions, stock, commandes, colis, factures, retours, paiements, litiges exigent un auteur",
        "query \"SELECT string_agg(relname::text, ' ' ORDER BY relname) FROM pg_trigger JOIN pg_class ON pg_class.oid ="
        " tgrelid WHERE tgname = 'demand_actor' AND tgenabled = 'O'\"",
        equals(
            "dispute fulfilment fulfilment_label fulfilment_line invoice order order_note order_return payment payout"
            " price price_list price_list_price promotion promotion_use refund scheduled_price stock_level"
            " stock_movement stock_reservation withdrawal"
        ),
        "comptoir_owner : rétablir les déclencheurs par alembic, puis chercher qui les a retirés",
    ),
    Check(
        "database.seeded",
        ("S0-152",),
        "la boutique a une région, un canal, une clé et un mode de livraison",
        'query "SELECT count(*) FROM shop JOIN region ON region.id = default_region_id'
        " WHERE EXISTS (SELECT FROM publishable_key WHERE revoked_at IS NULL)"
        ' AND EXISTS (SELECT FROM shipping_option)"',
        equals("1"),
        "comptoir setup --file /etc/comptoir/setup.toml",
    ),
)

JOURNAL = (
    Check(
        "journal.closed",
        (),
        "personne n'écrit, ne change ni n'efface une écriture du journal des paiements : ni l'application, ni postgres",
        # None of these would change a row, were it allowed; a refusal for any other reason is none.
        "for write in 'INSERT INTO payment_journal SELECT * FROM payment_journal LIMIT 0'"
        " 'UPDATE payment_journal SET number = number WHERE false' 'DELETE FROM payment_journal WHERE false'"
        " 'UPDATE payment_journal_head SET id = id WHERE false'; do"
        ' query "$write" 2>&1 | grep -qE \'never by hand|only grows\' && echo refused || echo "allowed: $write"; done;'
        " query \"SELECT CASE WHEN has_table_privilege('comptoir_app', name, 'INSERT, UPDATE, DELETE, TRUNCATE')"
        " THEN 'granted: ' || name ELSE 'refused' END"
        " FROM unnest(ARRAY['payment_journal', 'payment_journal_head']) name\"",
        each_line_is("refused"),
        f"{DEPLOY} ; si cela ne suffit pas, rétablir les déclencheurs par alembic, puis comptoir journal verify",
    ),
    Check(
        "journal.verified",
        (),
        "le journal des paiements a été vérifié intact depuis moins de 26 heures",
        "query \"SELECT CASE WHEN EXISTS (SELECT FROM payment_journal) THEN coalesce((SELECT details->>'verdict'"
        " FROM audit_log WHERE action = 'journal.verified' AND created_at > now() - interval '26 hours'"
        " ORDER BY id DESC LIMIT 1), 'not verified') ELSE 'not-applicable: nothing is written yet' END\"",
        equals("sound"),
        "comptoir journal verify ; s'il est rompu, ne corriger rien à la main (docs/payments.md, « Le journal »)",
    ),
)

INVOICES = (
    Check(
        "invoices.seller",
        (),
        "l'identité du vendeur est dite : sans elle aucune facture n'a de numéro",
        "query 'SELECT count(*) FROM seller'",
        equals("1"),
        "partie [seller] du fichier de comptoir setup, ou POST /admin/seller",
    ),
    Check(
        "invoices.closed",
        (),
        "personne ne change ni n'efface une facture émise, ni ne touche à sa série : ni l'application, ni postgres",
        "query \"SELECT CASE WHEN EXISTS (SELECT FROM pg_trigger WHERE tgrelid = name::regclass AND tgenabled = 'O'"
        " AND tgname IN ('is_final', 'counts_by_one')) AND NOT has_table_privilege('comptoir_app', name,"
        " 'INSERT, UPDATE, DELETE, TRUNCATE') THEN 'refused' ELSE 'allowed: ' || name END"
        " FROM unnest(ARRAY['invoice', 'invoice_series']) name\"",
        each_line_is("refused"),
        f"{DEPLOY} ; si cela ne suffit pas, rétablir les déclencheurs par alembic, puis comptoir invoices verify",
    ),
    Check(
        "invoices.verified",
        (),
        "les factures ont été vérifiées depuis moins de 26 heures : sans trou, dans l'ordre, une par commande payée",
        "query \"SELECT CASE WHEN EXISTS (SELECT FROM invoice) THEN coalesce((SELECT details->>'verdict'"
        " FROM audit_log WHERE action = 'invoices.verified' AND created_at > now() - interval '26 hours'"
        " ORDER BY id DESC LIMIT 1), 'not verified') ELSE 'not-applicable: nothing is issued yet' END\"",
        equals("sound"),
        "comptoir invoices verify ; série rompue : ne corriger rien à la main (docs/backshop.md, « Factures »)",
    ),
)

BACKUPS = (
    Check(
        "backup.age",
        ("S0-020", "S0-153"),
        "la dernière sauvegarde a moins de 25 heures",
        "newest=$(ls -1t /var/backups/comptoir/*.dump | head -1);"
        ' echo $(( ($(date +%s) - $(stat -c %Y "$newest")) / 3600 ))',
        at_most(25),
        "lancer /usr/local/sbin/comptoir-backup et lire ce qu'il dit",
    ),
    Check(
        "backup.readable",
        ("S0-020",),
        "la dernière sauvegarde se relit et contient les commandes",
        'newest=$(ls -1t /var/backups/comptoir/*.dump | head -1); pg_restore --list "$newest"'
        " | grep -c 'TABLE DATA public order '",
        equals("1"),
        "lancer /usr/local/sbin/comptoir-backup et lire ce qu'il dit",
    ),
    Check(
        "backup.scheduled",
        ("S0-153",),
        "la sauvegarde de nuit est programmée",
        "grep -rlE '^[0-9 */,]+ .*comptoir-backup' /etc/cron.d | wc -l",
        at_least(1),
        DEPLOY,
    ),
)
