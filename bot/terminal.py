"""`onward chat`: one simulated phone in a terminal, on a running demo or on one of its own.

The rule: it is the phone page without a page, and knows only what that page knows. A line is a text; a line
that begins with a slash moves the clock or shares a spot.
"""

import sys
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from threading import Event, Thread
from typing import Final

import httpx

from bot.channels.simulator import PHONE
from bot.demo_check import NotSo, running_demo

HELP: Final = "/10 moves the clock 10 minutes · /next to the next reminder · /pin 42.36 -71.05 · /quit"
LONGEST_SHARE: Final = 3


def chat(url: str, phone: str, say: Callable[[str], None]) -> int:
    """Talk until the input ends; return the exit code."""
    if not PHONE.fullmatch(phone):
        say("A phone is sms:+15555550101 or telegram:9001.")
        return 1
    with ExitStack() as stack:
        try:
            url = url.rstrip("/") or stack.enter_context(running_demo())
            client = stack.enter_context(httpx.Client(base_url=url, trust_env=False, timeout=30))
            client.get("/health").raise_for_status()
        except (NotSo, httpx.HTTPError) as error:
            say(f"No demo answers at {url or 'this machine'}: {error}")
            return 1
        say(f"This is {phone} on {url}. Text RIDE7 to begin. {HELP}")
        stop = Event()
        listener = Thread(target=_listen, args=(url, phone, say, stop), daemon=True)
        listener.start()
        for line in sys.stdin:
            if not _do(client, phone, line.strip(), say):
                break
        stop.set()
        listener.join(LONGEST_SHARE)
    return 0


def _do(client: httpx.Client, phone: str, line: str, say: Callable[[str], None]) -> bool:
    """Do what a line says; False ends the talk."""
    match line.split():
        case []:
            return True
        case ["/quit"]:
            return False
        case ["/next"]:
            _told(client.post("/phone/api/clock", json={"to": "next"}), say)
        case [word] if word.startswith("/") and word[1:].isdigit():
            _told(client.post("/phone/api/clock", json={"minutes": int(word[1:])}), say)
        case ["/pin", lat, lon] if _numbers(lat, lon):
            _told(client.post(f"/phone/api/{phone}/send", json={"pin": [float(lat), float(lon)]}), say)
        case [word, *_] if word.startswith("/") and word != "/start":
            say(HELP)
        case _:
            _told(client.post(f"/phone/api/{phone}/send", json={"text": line}), say)
    return True


def _numbers(*words: str) -> bool:
    return all(word.lstrip("-").replace(".", "", 1).isdigit() for word in words)


def _told(answer: httpx.Response, say: Callable[[str], None]) -> None:
    """Say what went wrong, and what time it is after the clock was moved."""
    body = answer.json()
    if answer.status_code != 200:
        say(f"  ({body.get('error', 'that did not work')})")
    elif "words" in body:
        say(f"  ({body['words']})")


def _listen(url: str, phone: str, say: Callable[[str], None], stop: Event) -> None:
    after = ""
    with httpx.Client(base_url=url, trust_env=False, timeout=30) as client:
        while not stop.is_set():
            try:
                asked = {"after": after, "wait": str(LONGEST_SHARE - 1)}
                answer = client.get(f"/phone/api/{phone}/messages", params=asked).json()
            except httpx.HTTPError:
                stop.wait(1)
                continue
            after = answer["next"]
            for message in answer["messages"]:
                at = datetime.fromisoformat(message["at"]).astimezone()
                taps = "".join(f"  [{button['label']}]" for button in message["buttons"])
                say(f"{at:%H:%M}  {message['body']}{taps}")
