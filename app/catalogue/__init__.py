"""What is for sale: products, variants, places of pictures; categories, collections, tags and types."""
