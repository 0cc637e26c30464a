"""Moves of a touchpoint."""

from __future__ import annotations

from collections.abc import Mapping

FINAL = frozenset({"done", "missed", "stopped"})

# (state, move) -> state. invite: a notice went out; begin: the talk runs; phone: staff must call; called: they did.
MOVES: Mapping[tuple[str, str], str] = {
    ("planned", "invite"): "invited",
    ("invited", "invite"): "invited",  # no answer to the notice: the next attempt
    ("planned", "begin"): "begun",
    ("invited", "begin"): "begun",
    ("begun", "finish"): "done",
    ("planned", "expire"): "missed",  # could not be sent in time
    ("invited", "expire"): "missed",
    ("begun", "expire"): "missed",
    ("planned", "phone"): "phone",
    ("invited", "phone"): "phone",
    ("begun", "phone"): "phone",
    ("missed", "phone"): "phone",
    ("phone", "begin"): "begun",  # the patient answered after all
    ("phone", "called"): "done",
    ("phone", "expire"): "missed",
} | {(state, "stop"): "stopped" for state in ("planned", "invited", "begun", "phone")}


def allowed(state: str, move: str) -> bool:
    """Whether a touchpoint in this state may make the move."""
    return (state, move) in MOVES


def after(state: str, move: str) -> str:
    """The state after an allowed move. Raises KeyError for another."""
    return MOVES[state, move]
