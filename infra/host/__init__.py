"""Programs that run on the host as root, standard library only: `check` says what is missing, `ensure` repairs it."""
