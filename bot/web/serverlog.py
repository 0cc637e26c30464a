"""What aiohttp's server logs when strangers speak broken HTTP: one line, not a traceback with their bytes in it."""

from __future__ import annotations

import logging

from aiohttp.web import RequestPayloadError
from aiohttp.web_exceptions import HTTPException
from aiohttp.web_protocol import PayloadAccessError

_SERVER = "aiohttp.server"
_MODULE = "aiohttp.http_exceptions"  # BadHttpMessage, LineTooLong, TransferEncodingError …


class OneLine(logging.Filter):
    """Shortens records about broken requests; errors of our own handlers keep their traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always true: nothing is dropped."""
        error = record.exc_info[1] if record.exc_info else None
        broken = isinstance(error, (RequestPayloadError, PayloadAccessError, HTTPException))
        if error is not None and (broken or type(error).__module__ == _MODULE):
            record.msg, record.args = "broken request: %s", (type(error).__name__,)
            record.exc_info = record.exc_text = None
            record.levelno, record.levelname = logging.WARNING, "WARNING"
        return True


def install() -> None:
    """Put the filter before aiohttp's server log; a second call changes nothing."""
    logger = logging.getLogger(_SERVER)
    if not any(isinstance(one, OneLine) for one in logger.filters):
        logger.addFilter(OneLine())
