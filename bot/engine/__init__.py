"""The talk: flows, sessions and turns. Pure: no I/O, no clock, no logging."""
