"""What is for sale: products, variants, categories, pictures' places."""
