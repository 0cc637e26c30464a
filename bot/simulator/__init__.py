"""A WeChat of our own, spoken to over HTTP like the real one. Imports nothing from the rest of the project."""
