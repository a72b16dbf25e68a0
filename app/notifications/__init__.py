"""Mails that must leave: one row each, templates in French and English, sent by a job."""
