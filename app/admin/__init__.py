"""The Admin's HTML pages: they call services, decide nothing, write no SQL."""
