"""A Stripe of our own on the loopback address: checks every call, remembers, signs, and goes wrong when told to."""
