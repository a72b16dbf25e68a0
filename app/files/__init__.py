"""Files that people bring: pictures for everybody, documents by a signed link."""
