"""The outside that a hostile program must not touch, and the look at it afterwards.

``Surroundings`` last for a run: secrets in this process and an ear for signals. A ``Scene`` is
made for one program: a folder, listeners, a marker by which everything left is found.
"""

import ctypes
import hashlib
import json
import os
import secrets
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Self

from suite.tests.attacks.attack import SECRET_BYTES

SECRET_NAME = "ATTACKED_SECRET_TOKEN"
WATCHED_SIGNALS = (signal.SIGUSR1, signal.SIGUSR2, signal.SIGHUP, signal.SIGTERM)
OPEN_TO_ALL = ("/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue", "/run/lock")
MOST_DEPTH = 4  # a scratch folder of a judge, its working folder, and one more
# What programs plant for a later interpreter; other new files may be somebody else's.
PLANTED_NAMES = frozenset(
    {
        f"{name}.{ending}"
        for ending in ("py", "pyc")
        for name in (
            "json",
            "struct",
            "pickle",
            "signal",
            "resource",
            "tokenize",
            "traceback",
            "decimal",
            "base64",
            "sitecustomize",
            "usercustomize",
            "conftest",
            "__main__",
        )
    }
    | {"python311.zip", "pyvenv.cfg"}
)
_SUBREAPER = 36  # prctl: orphans of the judge become ours, where they are counted


class Surroundings:
    """Secrets in the environment and the memory of this process, and an ear for signals.

    Must be entered in the main thread, before the judge starts its workers.
    """

    def __init__(self) -> None:
        self.secret = secrets.token_bytes(SECRET_BYTES)
        self.buffer = ctypes.create_string_buffer(self.secret, SECRET_BYTES)
        self.signals: list[int] = []

    def __enter__(self) -> Self:
        os.environ[SECRET_NAME] = secrets.token_hex(16)
        self._handlers = {number: signal.signal(number, self._heard) for number in WATCHED_SIGNALS}
        ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)
        return self

    def __exit__(self, *unused: object) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        ctypes.CDLL(None).prctl(_SUBREAPER, 0, 0, 0, 0)
        os.environ.pop(SECRET_NAME, None)

    def _heard(self, number: int, frame: FrameType | None) -> None:
        self.signals.append(number)

    def values(self) -> dict[str, str]:
        """What stands for the placeholders that are the same for all programs."""
        return {
            "SECRET_NAME": SECRET_NAME,
            "SECRET_ADDRESS": str(ctypes.addressof(self.buffer)),
            "SECRET_DIGEST": hashlib.sha256(self.secret).hexdigest(),
            "PARENT_PID": str(os.getpid()),
        }

    def effects(self) -> Iterator[str]:
        """Signals that came and a secret that changed; both are put back."""
        if self.signals:
            yield f"signals {sorted(set(self.signals))}"
            self.signals.clear()
        if self.buffer.raw != self.secret:
            yield "memory of the judge written"
            self.buffer.raw = self.secret


class Scene:
    """The outside of one program: a folder with files, listeners, and a marker."""

    def __init__(self) -> None:
        self.marker = "mk" + secrets.token_hex(5)
        self.root = Path(tempfile.mkdtemp(prefix="scene-"))
        self.folder = self.root / "canary"

    def __enter__(self) -> Self:
        self.folder.mkdir()
        (self.folder / "expected.json").write_text(json.dumps({"add": [120003, 0, 1]}))
        (self.folder / "notes.txt").write_text("nobody may write here\n")
        self.port, self.listeners = _listen(self.folder / "listen.sock", f"\0{self.marker}")
        self._files = dict(_files(self.folder))
        self._planted = set(_planted())
        self._own_children = _own_children()
        return self

    def __exit__(self, *unused: object) -> None:
        for listener in self.listeners.values():
            listener.close()
        _remove([self.root])

    def values(self) -> dict[str, str]:
        """What stands for the placeholders of this program."""
        return {
            "CANARY_DIR": str(self.folder),
            "CANARY_PORT": str(self.port),
            "MARKER": self.marker,
        }

    def effects(self) -> Iterator[str]:
        """Everything that is not as it was; processes and files of the marker are removed."""
        yield from self._heard()
        if dict(_files(self.folder)) != self._files:
            yield f"canary folder changed: {sorted(_changed(self._files, self.folder))}"
        marked, children = _marked(self.marker), _own_children()
        for pid in marked:
            yield f"alive: process {pid}"
            _end(pid)
        # Where a worker was replaced the number stays; more of them outlived their verdict.
        if (more := len(children - set(marked)) - len(self._own_children)) > 0:
            yield f"alive: {more} more of our processes"
        if left := _left(self.marker, self.root):
            others = f" and {len(left) - 1} more" if len(left) > 1 else ""
            yield f"left: {_shown(left[0])}{others}"
            _remove(left)
        for path in sorted(set(_planted()) - self._planted):
            yield f"planted: {_shown(path)}"
        yield from _kernel_objects(self.marker)

    def _heard(self) -> Iterator[str]:
        for name, listener in self.listeners.items():
            try:
                if listener.type == socket.SOCK_STREAM:
                    listener.accept()[0].close()
                else:
                    listener.recv(64)
            except BlockingIOError:
                continue
            yield f"socket reached: {name}"


# --- the world ----------------------------------------------------------------------------------


def _listen(path: Path, abstract: str) -> tuple[int, dict[str, socket.socket]]:
    """Listeners that never block, and the port that TCP and UDP share."""
    tcp = socket.create_server(("127.0.0.1", 0))
    port = tcp.getsockname()[1]
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", port))
    found = {"tcp": tcp, "udp": udp}
    for name, address in (("unix", str(path)), ("abstract", abstract)):
        found[name] = socket.socket(socket.AF_UNIX)
        found[name].bind(address)
        found[name].listen()
    for listener in found.values():
        listener.setblocking(False)
    return port, found


def _files(folder: Path) -> Iterator[tuple[str, tuple[object, ...]]]:
    """Every path below a folder with what tells a change: times, links, mode, content."""
    if not folder.is_dir():
        return
    for path in (folder, *folder.rglob("*")):
        info = path.lstat()
        content = path.read_bytes() if stat.S_ISREG(info.st_mode) else b""
        times = (info.st_mtime_ns, info.st_ctime_ns)
        yield str(path), (info.st_mode, info.st_nlink, info.st_uid, times, content)


def _changed(before: dict[str, tuple[object, ...]], folder: Path) -> set[str]:
    after = dict(_files(folder))
    return {Path(p).name for p in before | after if before.get(p) != after.get(p)}


def _left(marker: str, own: Path) -> list[Path]:
    """Files of the marker in the folders that all may write to, above, and at home."""
    places = {*OPEN_TO_ALL, tempfile.gettempdir()}
    found = [path for place in sorted(places) for path in _named(Path(place), marker, own)]
    for place in ("/", "/etc", "/run", "/dev", Path.home(), Path.cwd(), Path.cwd().parent):
        found += [path for path in _children(Path(place)) if marker in path.name]
    return list(dict.fromkeys(found))


def _named(folder: Path, marker: str, own: Path, depth: int = MOST_DEPTH) -> Iterator[Path]:
    for path in _children(folder):
        if path == own:
            continue
        if marker in path.name:
            yield path
        elif depth > 1 and path.is_dir() and not path.is_symlink():
            yield from _named(path, marker, own, depth - 1)


def _children(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _planted() -> Iterator[str]:
    """What an interpreter may import by accident, in places that programs try to reach."""
    for folder in {*map(Path, sys.path), Path.cwd(), Path.home(), *map(Path, OPEN_TO_ALL)}:
        for path in _children(folder):
            if path.name in PLANTED_NAMES:
                yield str(path)


def _shown(path: Path | str) -> str:
    """On one line and in ASCII: names may hold line breaks and bytes that are no text."""
    return ascii(str(path))[1:-1]


def _remove(paths: list[Path]) -> None:
    """Removed by rm: folders may be nested deeper than Python's own walk goes."""
    for begin in range(0, len(paths), 500):
        some = map(str, paths[begin : begin + 500])
        subprocess.run(["rm", "-rf", "--", *some], check=False, capture_output=True)


def _processes() -> Iterator[tuple[int, int, str]]:
    """(pid, parent, state) of everything visible."""
    for path in Path("/proc").glob("[0-9]*"):
        try:
            fields = (path / "stat").read_text().rsplit(")", 1)[1].split()
        except (OSError, IndexError):
            continue  # gone since
        yield int(path.name), int(fields[1]), fields[0]


def _marked(marker: str) -> list[int]:
    """Living processes that carry the marker in their name, arguments or environment."""
    wanted = marker.encode()
    found = []
    for pid, _, state in _processes():
        if pid == os.getpid() or state in "ZX":
            continue
        for name in ("comm", "cmdline", "environ"):
            try:
                if wanted in Path(f"/proc/{pid}/{name}").read_bytes():
                    found.append(pid)
                    break
            except OSError:
                continue
    return found


def _own_children() -> set[int]:
    """Living processes below this one, however deep."""
    parents = {pid: parent for pid, parent, state in _processes() if state not in "ZX"}
    found = {os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {os.getpid()}


def _end(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)  # ours, if it is an orphan
    except (ProcessLookupError, ChildProcessError):
        pass


def _kernel_objects(marker: str) -> Iterator[str]:
    """System V objects under the key that a program derives from its marker; they are removed."""
    key = int.from_bytes(marker.encode()[-3:], "little")
    libc = ctypes.CDLL(None)
    removers = {
        "shm": lambda number: libc.shmctl(number, 0, None),
        "msg": lambda number: libc.msgctl(number, 0, None),
        "sem": lambda number: libc.semctl(number, 0, 0),
    }
    for kind, remove in removers.items():
        try:
            lines = Path(f"/proc/sysvipc/{kind}").read_text().splitlines()[1:]
        except OSError:
            continue
        for fields in map(str.split, lines):
            if int(fields[0]) == key:
                yield f"left: System V {kind}"
                remove(int(fields[1]))
    own = f"@{marker}"
    for line in Path("/proc/net/unix").read_text().splitlines():
        if marker in line and not line.endswith(own) and "/canary/" not in line:
            yield "alive: an abstract socket"
