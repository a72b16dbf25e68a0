"""One module per procedure, and the list of the runbooks' rows that tests prove."""
