"""What a variant costs: prices with their past, and price lists; tax included, in integer cents."""
