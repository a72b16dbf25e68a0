-- The login that people get (infra/host/database.py) reads every table, and of these every column but
-- * what opens an account, a session, a link or a payment page: hashes (`*_hash`), secrets (`secret`, `*_secret`), and the
--   columns named below;
-- * what somebody else wrote as a whole, and nobody can know what is in it: documents (json, jsonb, bytea), except the
--   shop's own, `metadata` and those named below. A document that a migration brings is hidden until it is named here;
-- * mails: to whom, and what. `comptoir mail list` shows what became of them.
-- Run after every upgrade, so that a new table or column is hidden with the migration that brings it. Elsewhere than on
-- a host there is no such login.
DO $$
DECLARE
    found record;
    shown_documents CONSTANT text[] := ARRAY[
        'audit_log.details', 'cart_shipping_method.data', 'order_shipping_method.data', 'medusa_run.figures',
        'product_family.definition'
    ];
    hidden_texts CONSTANT text[] := ARRAY[
        'message.recipient', 'payment_session.checkout_url', 'promotion_use.buyer_key'
    ];
BEGIN
    IF to_regrole('comptoir_readonly') IS NULL THEN
        RETURN;
    END IF;
    FOR found IN
        SELECT name, string_agg(quote_ident(attname), ', ' ORDER BY attnum) FILTER (WHERE NOT is_hidden) AS shown
        FROM (
            SELECT c.oid::regclass AS name, a.attname, a.attnum,
                   a.attname ~ '(_hash|secret)$'
                   OR c.relname || '.' || a.attname = ANY (hidden_texts)
                   OR (a.atttypid IN ('json'::regtype, 'jsonb'::regtype, 'bytea'::regtype)
                       AND a.attname <> 'metadata'
                       AND c.relname || '.' || a.attname <> ALL (shown_documents)) AS is_hidden
            FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
        ) columns
        GROUP BY name
        HAVING bool_or(is_hidden)
    LOOP
        EXECUTE format('REVOKE SELECT ON %s FROM comptoir_readonly', found.name);
        IF found.shown IS NOT NULL THEN
            EXECUTE format('GRANT SELECT (%s) ON %s TO comptoir_readonly', found.shown, found.name);
        END IF;
    END LOOP;
END $$;
