"""From a Stripe event type to one function; reconcile and replay enter by the same door."""
