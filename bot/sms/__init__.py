"""Text messages: an interface with one way, files for a gateway to take."""
