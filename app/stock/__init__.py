"""How many pieces there are: levels and reservations, locked in one place."""
