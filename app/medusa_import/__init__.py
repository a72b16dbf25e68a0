"""A whole shop taken over from Medusa."""
