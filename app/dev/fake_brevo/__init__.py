"""A Brevo of our own on the loopback address: checks every mail, keeps it, shows it, and goes wrong when told to."""
