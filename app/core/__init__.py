"""What every package may use, knowing no business: settings, database, errors, HTTP, jobs, money, clock, ids."""
