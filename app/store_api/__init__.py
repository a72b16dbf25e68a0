"""The Store API: Medusa's wire shapes and routes; parses, calls, composes answers."""
