"""Measurements with their bars. Each module here that has `run() -> list[Row]` is one; `python3 dev.py bench` runs them."""
