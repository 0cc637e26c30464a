"""Judgement: due days, windows, lanes, deadlines, allowed moves. Pure."""
