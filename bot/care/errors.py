"""Why an act was refused. The message is Chinese and is shown to the user as it is."""

from __future__ import annotations


class Refused(Exception):
    """The act is not allowed now, or its input is wrong. Nothing was changed."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
