"""Invoices and credit notes: numbered without a gap, never changed, kept ten years."""
