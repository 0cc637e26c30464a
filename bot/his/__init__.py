"""The hospital information system: discharge lists as files."""
