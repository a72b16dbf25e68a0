"""The machine room: what turns a bare server into the one of the design, and a tag into its running release."""
