"""What a variant costs: prices, tax included, in integer cents."""
