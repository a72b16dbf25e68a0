"""`make up`: embedded servers, the two fakes, the demo shop. Nothing imports it."""
