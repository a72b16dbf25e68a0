"""The vendors' contract, derived from the types of their installed packages: what the fakes hold every call against."""
