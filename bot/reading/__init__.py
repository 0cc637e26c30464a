"""The reading of replies. Pure: what a patient wrote, and tables, in; a Reading out."""
