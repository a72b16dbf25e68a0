"""People who buy: their accounts, logins and address books."""
