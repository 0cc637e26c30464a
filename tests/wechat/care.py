"""Acts as simple as care's are not, on the real tables."""

import threading

from bot.care.parcel import Reply
from storage import contacts, messages, outbox


class Care:
    """An act like `conversation.receive`: it keeps what came and answers it once. `gate` holds it up, `fault` breaks it."""

    def __init__(self):
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()
        self.fault = None
        self.reply = "收到：{}"

    def receive(self, tx, practice, inbound, now):
        contact = contacts.hold(tx, inbound.openid, now)
        known = {"key": inbound.key, "contact_id": contact.id, "kind": inbound.kind, "event": inbound.event, "text": inbound.text}
        inbound_id = messages.record(tx, **known, media_id=inbound.media_id, detail=inbound.detail, at=inbound.at, now=now)
        self.entered.set()
        assert self.gate.wait(10)
        if self.fault:
            raise self.fault
        if inbound_id is None:
            stored = messages.stored_reply(tx, inbound.key)
            return Reply(stored[1], stored[0]) if stored else None
        if self.reply is None:
            return None
        body = {"text": self.reply.format(inbound.text)}
        row = messages.outgoing(key=f"r:{inbound.key}", contact_id=contact.id, lane="reply", body=body, now=now, state="handed")
        outbound_id = messages.post(tx, row | {"reply_to": inbound_id})
        return Reply(body["text"], outbound_id)


def requeue(tx, practice, outbound_id, now):
    outbox.requeue(tx, outbound_id, now)
