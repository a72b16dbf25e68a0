"""The demo shop of `make up`: shop.toml says what it sells; the rest puts that into the database and on pictures."""
