"""Two buyers, one item: real transactions, and for each lock a control that shows what happens without it."""
