"""The SMTP side of the mailbox: aiosmtpd on a loop of its own in a thread."""

# aiosmtpd calls the methods of a handler by the names of SMTP's commands.
# ruff: noqa: N802

import asyncio
import ssl
import threading
from typing import Any, Final

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from sandbox.mailbox.state import Mailbox

OK: Final = "250 Taken"


class Receiver:
    """Listens while it lives. `port` 0 takes any free one; `.port` is where.

    `tls` offers STARTTLS; `sign_in` is (user, password), asked for before a mail is taken. Neither is used by `python -m sandbox`.
    """

    def __init__(
        self,
        mailbox: Mailbox,
        host: str,
        port: int = 0,
        *,
        tls: ssl.SSLContext | None = None,
        sign_in: tuple[str, str] | None = None,
    ) -> None:
        self._mailbox = mailbox
        self._tls = tls
        self._sign_in = sign_in
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._listen(host, port), self._loop).result()
        self.port: int = self._server.sockets[0].getsockname()[1]

    async def _listen(self, host: str, port: int) -> asyncio.Server:
        return await self._loop.create_server(self._protocol, host, port)

    def _protocol(self) -> SMTP:
        return SMTP(
            Desk(self._mailbox),
            hostname="sandbox",
            ident="pretend mailbox",
            loop=self._loop,
            tls_context=self._tls,
            auth_required=self._sign_in is not None,
            auth_require_tls=self._tls is not None or self._sign_in is None,
            authenticator=self._authenticate,
        )

    def _authenticate(
        self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any
    ) -> AuthResult:
        good = isinstance(given, LoginPassword) and self._sign_in == (
            given.login.decode(),
            given.password.decode(),
        )
        return AuthResult(success=good, handled=False)

    def stop(self) -> None:
        """End listening and every connection. Twice is no fault."""
        if self._loop.is_closed():
            return
        self._loop.call_soon_threadsafe(self._end)
        self._thread.join(timeout=5)
        self._loop.close()

    def _end(self) -> None:
        self._server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.call_soon(self._loop.stop)


class Desk:
    """Takes mails, or refuses them as ordered; aiosmtpd calls it by these names."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """The sender is named."""
        del server, session
        refusal = self._mailbox.refusal("mail")
        if refusal:
            return f"{refusal.code} {refusal.words}"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """A recipient is named."""
        del server, session
        refusal = self._mailbox.refusal("rcpt", address)
        if refusal:
            return f"{refusal.code} {refusal.words}"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """The mail itself."""
        del session
        refusal = self._mailbox.refusal("data", envelope.rcpt_tos[0])
        if refusal and not refusal.lost:
            return f"{refusal.code} {refusal.words}"
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        self._mailbox.take(content, envelope.mail_from or "", list(envelope.rcpt_tos))
        if refusal and isinstance(server.transport, asyncio.Transport):
            server.transport.abort()
        return OK
