"""The staff console, one module a noun."""
