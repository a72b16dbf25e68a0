"""The fakes behave like the vendors, and the vendors' own packages agree."""
