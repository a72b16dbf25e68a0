"""Use-cases across nouns: complete a cart, record a payment, reserve and release what is scarce."""
