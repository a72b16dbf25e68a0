"""What leaves the shop: parcels with pieces of an order, their tracking, their arrival."""
