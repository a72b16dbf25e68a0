-- The login that people get (infra/host/database.py) reads every table, and of these every column but what opens an
-- account, a session or a link: hashes (`*_hash`) and secrets (`secret`, `*_secret`). Run after every upgrade, so that
-- a new table or column is hidden with the migration that brings it. Elsewhere than on a host there is no such login.
DO $$
DECLARE found record;
BEGIN
    IF to_regrole('comptoir_readonly') IS NULL THEN
        RETURN;
    END IF;
    FOR found IN
        SELECT c.oid::regclass AS name,
               string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FILTER (WHERE a.attname !~ '(_hash|secret)$') AS shown
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
        GROUP BY c.oid
        HAVING bool_or(a.attname ~ '(_hash|secret)$')
    LOOP
        EXECUTE format('REVOKE SELECT ON %s FROM comptoir_readonly', found.name);
        IF found.shown IS NOT NULL THEN
            EXECUTE format('GRANT SELECT (%s) ON %s TO comptoir_readonly', found.shown, found.name);
        END IF;
    END LOOP;
END $$;
