"""Suifang: follow-up of discharged patients. Floors and words: see README.md."""
