"""The only importers of vendor SDKs and HTTP clients: one file per vendor, our types in and out."""
