"""The verifier's side of one launch: what the program says, believed only as far as it must be.

Until ``ready`` the other end is our own code; from then on it may be anything. A frame out of turn,
of another call, or longer than allowed ends the program. A program can forge values; it cannot
forge verdicts, because they are made here.
"""

import os
import secrets
import select
import signal
import socket
import tempfile
import time
from collections.abc import Callable
from typing import Any

from suite.core.execution import languages, wire
from suite.core.execution.launch import Launcher, LaunchError, limits_message
from suite.core.execution.limits import Limits
from suite.core.execution.program import CallResult, Program, ProgramError
from suite.core.verifier import Verdict

GRACE = 3.0  # seconds beyond the launcher's own deadline before the launcher is given up
UNGUARDED = "the child ended before its guard stood"
KILLED = {
    "cpu": (Verdict.TIMEOUT, "it used up its CPU time"),
    "wall": (Verdict.TIMEOUT, "it used up its wall-clock time"),
    "threads": (Verdict.CRASH, "it started too many threads or processes"),
    "memory": (Verdict.OOM, "it used up its memory"),
}


class EndedError(Exception):
    """The program's run is over before its inputs are."""

    def __init__(self, verdict: Verdict, detail: str, error: ProgramError | None = None) -> None:
        super().__init__(detail)
        self.verdict = verdict
        self.detail = detail
        self.error = error


class GoneError(EndedError):
    """The other end of the channel closed; how it ended decides."""

    def __init__(self) -> None:
        super().__init__(Verdict.CRASH, "it ended before it answered")


class Session:
    """One launched program: a channel for values, a pipe with what it prints.

    Attributes:
        gone: the launcher's report on its end, once there is one.
    """

    def __init__(self, launcher: Launcher, program: Program, limits: Limits, stdin: str) -> None:
        self.launcher = launcher
        self.limits = limits
        self.program = program
        self.printed = b""
        self.pending = b""
        self.gone: dict[str, Any] | None = None
        self.deadline = time.monotonic() + limits.wall_seconds + GRACE
        self.started = False
        self.channel, self.theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self.output, self.writer = os.pipe()
        try:
            self._open(stdin)
        except EndedError:
            # Its end must be heard, or the next program would hear it as its own.
            self.finish()
            self.close()
            raise
        except LaunchError:
            self.close()
            raise

    # --- start ---------------------------------------------------------------------------------

    def _open(self, stdin: str) -> None:
        """Start the child and wait until its guard stands.

        Raises:
            EndedError: INFRA_ERROR: it does not stand. LaunchError: the launcher is gone.
        """
        theirs, writer = self.theirs, self.writer
        reader = _readable(stdin.encode("utf-8", "surrogateescape"))
        self.channel.setblocking(False)
        os.set_blocking(self.output, False)
        try:
            job = {
                "k": "job",
                "language": self.program.language,
                "programs": languages.programs(),
                "limits": limits_message(self.limits),
            }
            self.launcher.send(job, (theirs.fileno(), reader, writer))
        finally:
            theirs.close()
            os.close(reader)
            os.close(writer)
        try:
            message = self.receive()
        except GoneError:
            raise EndedError(Verdict.INFRA_ERROR, UNGUARDED) from None
        if message.get("k") != "ready":
            raise EndedError(Verdict.INFRA_ERROR, f"isolation failed: {message.get('m')}")
        self.started = True

    def load(self) -> None:
        """Send the source; returns when it is ready for calls.

        Raises:
            EndedError: it does not compile, raises, holds no code, or lacks its entry.
        """
        self._send_program()
        message = self.receive()
        if message.get("k") != "loaded":
            raise self._not_loaded(message)

    def _send_program(self) -> None:
        program = self.program
        self.send({"source": program.source, "entry": program.entry, "stub": program.stub})

    def _not_loaded(self, message: dict[str, Any]) -> EndedError:
        kind = message.get("k")
        if kind == "bad_source":
            return EndedError(Verdict.BAD_SOURCE, "it does not compile", error_of(message.get("e")))
        if kind == "no_code":
            return EndedError(Verdict.NO_CODE, "the source holds no code")
        if kind == "no_entry":
            name = self.program.entry or ""
            missing = ProgramError(kind="NameError", message=f"it defines no function '{name}'")
            return EndedError(Verdict.FAIL, "its function is missing", missing)
        if kind == "raised":
            raised = error_of(message.get("e"))
            if raised.kind == "MemoryError":
                return EndedError(Verdict.OOM, "it used up its memory", raised)
            return EndedError(Verdict.FAIL, "the source raised", raised)
        return self._out_of_turn(message)

    def _out_of_turn(self, message: dict[str, Any]) -> EndedError:
        if message.get("k") == "flood":
            return EndedError(Verdict.FLOOD, "it returned more than it may")
        if message.get("k") == "left":
            return EndedError(Verdict.CRASH, "it left by SystemExit before it answered")
        return EndedError(Verdict.CRASH, "it wrote to the private channel")

    # --- calls ---------------------------------------------------------------------------------

    def call(
        self, index: int, node: Any, answer: Callable[[Any], dict[str, Any]] | None = None
    ) -> CallResult:
        """Ask for one call and wait for its value.

        Args:
            index: which one.
            node: encoded (args, kwargs).
            answer: replies to the program's own questions (a stub).

        Raises:
            EndedError: the program is over, or said something else.
        """
        nonce = secrets.token_hex(8)
        self.send({"v": node, "i": index, "n": nonce})
        while True:
            message = self.receive()
            if message.get("k") != "ask" or answer is None:
                break
            self.send(answer(message.get("v")))
        if message.get("k") not in ("value", "error"):
            raise self._out_of_turn(message)
        if message.get("i") is not index and message.get("i") != index:
            raise self._out_of_turn(message)
        if message.get("n") != nonce or self.pending:
            raise self._out_of_turn({})
        return self._result(message)

    def _result(self, message: dict[str, Any]) -> CallResult:
        if message["k"] == "error":
            error = error_of(message.get("e"))
            if error.kind == "MemoryError":
                raise EndedError(Verdict.OOM, "it used up its memory", error)
            return CallResult(error=error)
        try:
            return CallResult(value=wire.decode(message.get("v")))
        except wire.WireError as error:
            raise EndedError(Verdict.CRASH, f"it sent a value that is none: {error}") from None

    def read_and_print(self) -> CallResult:
        """Run a program on its standard input to its end.

        Raises:
            EndedError: it did not compile, or did not come to an end by itself.
        """
        self._send_program()
        try:
            message = self.receive()
        except GoneError:
            self.finish()
            if self.gone is None or self.gone["why"] is not None:
                raise
            message = self._status(self.gone["status"])
        if message.get("k") == "raised" and not self.pending:
            error = error_of(message.get("e"))
            if error.kind == "MemoryError":
                raise EndedError(Verdict.OOM, "it used up its memory", error)
            return CallResult(error=error, stdout=self.text())
        if message.get("k") != "done" or self.pending:
            raise self._not_loaded(message)
        return CallResult(stdout=self.text())

    def _status(self, status: int) -> dict[str, Any]:
        """It ended without a word: what it printed is what counts if its status is 0."""
        if not os.WIFEXITED(status):
            raise GoneError
        code = os.WEXITSTATUS(status)
        if code == 0:
            return {"k": "done"}
        return {"k": "raised", "e": ["SystemExit", f"it exited with status {code}", None]}

    def text(self) -> str:
        """What was printed, to the end."""
        self._end()
        return self.printed.decode("utf-8", "surrogateescape")

    # --- bytes ---------------------------------------------------------------------------------

    def send(self, message: dict[str, Any]) -> None:
        """Write one frame, reading what is printed meanwhile."""
        data = memoryview(wire.frame(message))
        while data:
            try:
                data = data[self.channel.send(data) :]
            except BlockingIOError:
                self._wait(select.POLLOUT)
            except OSError:
                raise GoneError from None

    def receive(self) -> dict[str, Any]:
        """Read one frame.

        Raises:
            EndedError: the end, a flood, or a frame that is none.
        """
        while (body := self._frame()) is None:
            if self.gone is not None:
                raise GoneError
            try:
                part = self.channel.recv(1 << 18)
            except BlockingIOError:
                self._wait(select.POLLIN)
                continue
            except OSError:
                part = b""
            if not part:
                self._wait_for_end()
                raise GoneError
            self.pending += part
        try:
            return wire.unframe(body)
        except wire.WireError as error:
            raise EndedError(Verdict.CRASH, f"it wrote {error}") from None

    def _frame(self) -> bytes | None:
        """The body of the first whole frame that arrived, None if there is none yet."""
        size = wire.HEADER.size
        if len(self.pending) < size:
            return None
        (length,) = wire.HEADER.unpack(self.pending[:size])
        if length > self.limits.output_bytes + 4096:
            raise EndedError(Verdict.CRASH, "it wrote to the private channel")
        if len(self.pending) < size + length:
            return None
        body, self.pending = self.pending[size : size + length], self.pending[size + length :]
        return body

    def _wait(self, event: int) -> None:
        """Until the channel is ready, the launcher speaks, or time is up."""
        poll = select.poll()
        if event:
            poll.register(self.channel, event)
        poll.register(self.launcher.control, select.POLLIN)
        if self.output >= 0:
            poll.register(self.output, select.POLLIN)
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise LaunchError("the launcher let a deadline pass")
        ready = {descriptor for descriptor, _ in poll.poll(1000 * left)}
        if self.output in ready:
            self._drain()
        if self.channel.fileno() not in ready and self.launcher.control.fileno() in ready:
            self._gone(self.launcher.receive(GRACE))
            if event:
                self._last_words()

    def _last_words(self) -> None:
        """The program is gone; what it wrote before that is still in the channel."""
        while True:
            try:
                part = self.channel.recv(1 << 18)
            except OSError:
                break
            if not part:
                break
            self.pending += part

    def _wait_for_end(self) -> None:
        """The channel is closed, by exit or by exec; what the program still does has its limits."""
        while self.gone is None:
            self._wait(0)

    def _drain(self) -> None:
        """Take what was printed; more than allowed is a flood."""
        while True:
            try:
                part = os.read(self.output, 1 << 16)
            except BlockingIOError:
                return
            if not part:
                os.close(self.output)
                self.output = -1
                return
            self.printed += part
            if len(self.printed) > self.limits.output_bytes:
                self.printed = b""
                raise EndedError(Verdict.FLOOD, "it printed more than it may")

    # --- end -----------------------------------------------------------------------------------

    def _gone(self, message: dict[str, Any]) -> None:
        if message["k"] == "refused":
            self.gone = {"status": 0, "why": "refused", "cpu": 0.0}
            raise EndedError(Verdict.INFRA_ERROR, f"no process: {message['m']}")
        self.gone = message

    def finish(self) -> None:
        """End the program, wait until nothing of it is left, and take what it printed.

        Raises:
            LaunchError: the launcher does not answer.
        """
        self._end()

    def _end(self) -> None:
        if self.gone is None:
            self.launcher.send({"k": "end"})
            self._gone(self.launcher.receive(GRACE))
        if self.output >= 0:
            self._drain()

    def verdict_of_end(self, ended: EndedError) -> EndedError:
        """What a program's end says, where it ended without a word."""
        if self.gone is None or not isinstance(ended, GoneError):
            return ended
        if not self.started:
            return EndedError(Verdict.INFRA_ERROR, UNGUARDED)
        why, status = self.gone["why"], self.gone["status"]
        if why in KILLED:
            return EndedError(*KILLED[why])
        if os.WIFSIGNALED(status):
            number = os.WTERMSIG(status)
            if number == signal.SIGXCPU:
                return EndedError(*KILLED["cpu"])
            return EndedError(Verdict.CRASH, f"it ended by signal {number}")
        return EndedError(Verdict.CRASH, f"it exited ({os.waitstatus_to_exitcode(status)}) unasked")

    def close(self) -> None:
        """Give back the descriptors."""
        self.channel.close()
        if self.output >= 0:
            os.close(self.output)
            self.output = -1


def error_of(node: object) -> ProgramError:
    """A program's error, from a node that it may have forged."""
    if type(node) is list and len(node) == 3 and type(node[0]) is str and type(node[1]) is str:
        line = node[2] if type(node[2]) is int and 0 < node[2] < 1 << 31 else None
        return ProgramError(kind=node[0][:100], message=node[1][:500], line=line)
    return ProgramError(kind="Error", message="")


def _readable(data: bytes) -> int:
    """A descriptor from which the data can be read, to end of file."""
    if not data:
        return os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        file.seek(0)
        return os.dup(file.fileno())
