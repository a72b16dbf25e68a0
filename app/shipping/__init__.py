"""How a parcel may travel: shipping options and their prices."""
