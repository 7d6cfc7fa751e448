"""Inside the judged process: source and inputs in, typed values out.

It holds no expected value, no comparator and no test text, so whatever a program finds and changes
here (these functions, the channel, the frames of the stack) it can only send other values.
Standard library only.
"""

import builtins
import os
import random
import sys
import types
from collections.abc import Callable
from typing import Any

from suite.core.execution import wire

CHANNEL = 3
FILENAME = "<program>"
MESSAGE_LETTERS = 500


class Channel:
    """Frames to and from the verifier."""

    def __init__(self, descriptor: int, cap: int) -> None:
        self.descriptor = descriptor
        self.cap = cap

    def send(self, message: dict[str, Any]) -> None:
        """Write a message; one that is larger than the verifier reads becomes a flood."""
        try:
            data = wire.frame(message)
        except MemoryError:
            data = bytes(self.cap + 1)
        if len(data) > self.cap:
            data = wire.frame({"k": "flood"})
        while data:
            data = data[os.write(self.descriptor, data) :]

    def receive(self) -> dict[str, Any]:
        """Read a message; the verifier's going away ends this process."""
        (length,) = wire.HEADER.unpack(self._exactly(wire.HEADER.size))
        return wire.unframe(self._exactly(length))

    def _exactly(self, count: int) -> bytes:
        parts = []
        while count:
            part = os.read(self.descriptor, min(count, 1 << 20))
            if not part:
                os._exit(0)
            parts.append(part)
            count -= len(part)
        return b"".join(parts)


def run(channel: Channel) -> None:
    """Read one program and do what it asks for."""
    program = channel.receive()
    code = compiled(channel, program["source"])
    if code is None:
        return
    random.seed(0)  # every launch starts alike
    if program["entry"] is None:
        read_and_print(channel, code)
    else:
        answer_calls(channel, code, program["entry"], program["stub"])


def compiled(channel: Channel, source: str) -> types.CodeType | None:
    """The code of the source; None after saying why there is none."""
    try:
        code = compile(source, FILENAME, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError) as error:
        channel.send({"k": "bad_source", "e": described(error)})
        return None
    if code.co_code == EMPTY and not code.co_names:
        channel.send({"k": "no_code"})
        return None
    return code


EMPTY = compile("", FILENAME, "exec").co_code


def module(name: str) -> types.ModuleType:
    """A module for the program, where dataclasses and pickle look for it."""
    made = types.ModuleType(name)
    sys.modules[name] = made
    return made


def read_and_print(channel: Channel, code: types.CodeType) -> None:
    """Run the source as the main program, on this launch's standard input."""
    sys.stdin = open(  # noqa: SIM115 - the program's, to its end
        0, encoding="utf-8", errors="surrogateescape", closefd=False
    )
    sys.stdout = open(  # noqa: SIM115
        1, "w", encoding="utf-8", errors="surrogateescape", closefd=False
    )
    try:
        exec(code, module("__main__").__dict__)
        sys.stdout.flush()
    except SystemExit as error:
        flushed()
        clean = error.code is None or (type(error.code) is int and error.code == 0)
        channel.send({"k": "done"} if clean else {"k": "raised", "e": described(error)})
    except BaseException as error:  # noqa: BLE001 - whatever it raised is its result
        flushed()
        channel.send({"k": "raised", "e": described(error)})
    else:
        channel.send({"k": "done"})


def flushed() -> None:
    """What was printed before an error counts as printed."""
    try:
        sys.stdout.flush()
    except BaseException:  # noqa: BLE001 - the program's own methods run here
        return


def answer_calls(channel: Channel, code: types.CodeType, entry: str, stub: str | None) -> None:
    """Load the source, then answer calls as they come; inputs of later calls are not here yet."""
    namespace = module("program").__dict__
    if stub is not None:
        namespace[stub] = asking(channel)
    try:
        exec(code, namespace)
    except SystemExit:
        channel.send({"k": "left"})
        return
    except BaseException as error:  # noqa: BLE001 - whatever it raised is its result
        channel.send({"k": "raised", "e": described(error)})
        return
    function = namespace.get(entry)
    if function is None:
        channel.send({"k": "no_entry"})
        return
    channel.send({"k": "loaded"})
    while True:
        asked = channel.receive()
        channel.send({**answer(function, asked["v"]), "i": asked["i"], "n": asked["n"]})


def answer(function: Callable[..., Any], node: Any) -> dict[str, Any]:
    """One call's value or error, as a message."""
    args, kwargs = wire.decode(node)
    try:
        value = function(*args, **kwargs)
    except SystemExit:
        return {"k": "left"}
    except BaseException as error:  # noqa: BLE001 - whatever it raised is its result
        return {"k": "error", "e": described(error)}
    try:
        return {"k": "value", "v": wire.encode(value)}
    except wire.WireError as error:
        return {"k": "error", "e": ["ResultError", f"it returned {error}", None]}
    except BaseException as error:  # noqa: BLE001 - whatever it raised is its result
        return {"k": "error", "e": described(error)}


def asking(channel: Channel) -> Callable[..., Any]:
    """A function whose calls are answered by another program, through the verifier."""

    def stub(*args: Any, **kwargs: Any) -> Any:
        channel.send({"k": "ask", "v": wire.encode((list(args), kwargs))})
        reply = channel.receive()
        if reply["k"] == "answer":
            return wire.decode(reply["v"])
        kind, message = reply["e"][0], reply["e"][1]
        known = getattr(builtins, kind, RuntimeError)
        if not (isinstance(known, type) and issubclass(known, Exception)):
            known = RuntimeError
        raise known(message)

    return stub


def described(error: BaseException) -> list[Any]:
    """[class name, message cut short, line of the source or None], whatever its methods do."""
    try:
        message = str(error)[:MESSAGE_LETTERS]
    except BaseException:  # noqa: BLE001 - the program's own methods run here
        message = ""
    line = error.lineno if isinstance(error, SyntaxError) else None
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == FILENAME:
            line = trace.tb_lineno
        trace = trace.tb_next
    return [type(error).__name__, message, line if type(line) is int else None]
