"""How a parcel may travel: shipping options, their prices, and where they go."""
