"""The schema's history, inside the package so that a release carries it."""
