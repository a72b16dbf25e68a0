"""What the seller sets once: regions, currencies, sales channels, publishable keys, VAT rates, seller identity."""
