"""What somebody is about to buy: lines, addresses, chosen shipping, totals."""
