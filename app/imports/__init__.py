"""Tables from outside: products, prices and stock read from a file, and written to one."""
