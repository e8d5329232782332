"""A mail server of the test's own: takes letters over a real socket and keeps them.

Speaks as much SMTP as Python's client needs. `answers` False: accepts the connection and never
says a word, as a dead server does. `refuses`: addresses it does not want.
"""

from __future__ import annotations

import email
import socket
import threading
from collections.abc import Collection
from email.message import EmailMessage
from email.policy import default


class Sink:
    def __init__(self, *, answers: bool = True, refuses: Collection[str] = ()) -> None:
        self.answers = answers
        self.refuses = refuses
        self.letters: list[EmailMessage] = []
        self.connections = 0
        self._open: list[socket.socket] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def close(self) -> None:
        self._server.close()
        for line in self._open:
            line.close()

    def _serve(self) -> None:
        while True:
            try:
                line, _address = self._server.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(line)
            if self.answers:
                threading.Thread(target=self._talk, args=[line], daemon=True).start()

    def _talk(self, line: socket.socket) -> None:
        with line, line.makefile("rb") as heard:

            def say(text: str) -> None:
                line.sendall(text.encode() + b"\r\n")

            say("220 sink")
            for raw in heard:
                word = raw.decode(errors="replace").strip()
                verb = word.upper().partition(" ")[0]
                if verb == "DATA":
                    say("354 go on")
                    self._keep(heard)
                    say("250 kept")
                elif verb == "QUIT":
                    say("221 bye")
                    return
                elif verb == "RCPT" and any(one in word for one in self.refuses):
                    say("550 no such person")
                else:
                    say("250 ok")

    def _keep(self, heard: object) -> None:
        lines = []
        for raw in heard:  # type: ignore[attr-defined]
            if raw == b".\r\n":
                break
            lines.append(raw[1:] if raw.startswith(b"..") else raw)
        self.letters.append(email.message_from_bytes(b"".join(lines), policy=default))
