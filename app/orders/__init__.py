"""What somebody has bought: lines frozen at the price paid, and the state of the order."""
