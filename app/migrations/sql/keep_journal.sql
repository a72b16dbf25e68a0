-- The application appends to the payment journal by moving money, and in no other way: it may read it, and write neither
-- it nor its head. Invoices and their series are written by `comptoir_issue_invoice` alone. Run after every upgrade; elsewhere than on a host (infra/host/database.py) there is no such login.
DO $$
BEGIN
    IF to_regrole('comptoir_app') IS NOT NULL AND to_regclass('public.payment_journal') IS NOT NULL THEN
        REVOKE INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER
            ON public.payment_journal, public.payment_journal_head FROM comptoir_app;
    END IF;
    IF to_regrole('comptoir_app') IS NOT NULL AND to_regclass('public.invoice') IS NOT NULL THEN
        REVOKE INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER
            ON public.invoice, public.invoice_series FROM comptoir_app;
    END IF;
END $$;
