"""What is for sale: products, variants, pictures' places, and the categories, collections, tags and types they are in."""
