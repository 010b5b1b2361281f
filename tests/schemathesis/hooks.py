"""What Schemathesis cannot know of the hotel: how a webhook is signed, and that a stream of events has no end."""

import base64
import hashlib
import hmac
import os
import time

import requests
import schemathesis
import urllib3

KEY = base64.b64decode(os.environ["HOOK_SECRET"].removeprefix("whsec_"))


# How long nothing may come of a stream of events until what has come is looked at, in seconds. What is there already comes at once.
SILENCE = 0.1


class Requests(requests.adapters.HTTPAdapter):
    """Takes the beginning of a stream of events for all of it, since there is no end of it to wait for."""

    def send(self, request, **options):
        response = super().send(request, **options)
        if response.headers.get("Content-Type") == "text/event-stream":
            response._content = beginning(response.raw)
            response._content_consumed = True
            response.close()
        return response


def beginning(stream):
    """The events that come without a pause, each whole."""
    stream.connection.sock.settimeout(SILENCE)
    text = b""
    try:
        for chunk in stream.stream():
            text += chunk
    except urllib3.exceptions.ReadTimeoutError:
        pass
    return text[: text.rfind(b"\n\n") + 2]


# Sessions make their adapters by this name.
requests.sessions.HTTPAdapter = Requests


@schemathesis.auth().apply_to(path="/hooks/{source}")
class Signature:
    """Signs as Standard Webhooks say, so that webhooks are believed and what they say is looked at."""

    def get(self, case, context):
        return KEY

    def set(self, case, key, context):
        case._auth = Signed(key)


class Signed(requests.auth.AuthBase):
    """Signs the request when its bytes are known, with the time that it is, unless its headers are none of a webhook."""

    def __init__(self, key):
        self.key = key

    def __call__(self, request):
        identity, moment, signature = (request.headers.get(f"webhook-{name}") for name in ("id", "timestamp", "signature"))
        if None in (identity, signature) or not is_moment(moment):
            return request
        moment = str(int(time.time())).encode()
        signed = b".".join([to_bytes(identity), moment, to_bytes(request.body or b"")])
        digest = hmac.new(self.key, signed, hashlib.sha256).digest()
        request.headers["webhook-timestamp"] = moment
        request.headers["webhook-signature"] = b"v1," + base64.b64encode(digest)
        return request


def is_moment(header):
    return header is not None and to_bytes(header).isdigit() and int(header) < 2**32


def to_bytes(text):
    return text if isinstance(text, bytes) else text.encode("latin-1")
