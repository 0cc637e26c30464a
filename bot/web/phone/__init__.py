"""Pages that a patient opens on a phone."""
