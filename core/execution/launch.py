"""Starting a launcher (zygote.py) at a level, from the verifier's side."""

import json
import os
import socket
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

from suite.core.execution import bubblewrap, languages, namespaces
from suite.core.execution.limits import Limits
from suite.core.execution.zygote import tidied

START_SECONDS = 30.0
STOP_SECONDS = 5.0
# Hashes do not depend on the process, so that a set's order does not; -S -P -s shut out the rest.
ENVIRONMENT = {
    "PYTHONHASHSEED": "0",
    "PYTHONUTF8": "1",
    "LC_ALL": "C.UTF-8",
    "PATH": "/usr/bin:/bin",
}
WORK_BYTES = 64 << 20
INSIDE_WORK = "/box"
# Modules by their own names, found in one folder: nothing else of this package can be imported.
BOOT = """
import sys, types
for name in ("suite", "suite.core", "suite.core.execution"):
    module = sys.modules[name] = types.ModuleType(name)
    module.__path__ = []
module.__path__ = [sys.argv.pop(1)]
from suite.core.execution import runtime_child, zygote
zygote.main()
"""


class LaunchError(Exception):
    """The launcher did not come up, or is gone; the message is the reason."""


class Launcher:
    """One running zygote and the socket to it.

    Attributes:
        namespaces: entered at start, by name.
    """

    def __init__(self, level: int) -> None:
        """Start it.

        Raises:
            LaunchError: the level does not work here.
        """
        self.level = level
        self.buffer = b""
        self.folder = tempfile.mkdtemp(prefix="suite-box-")
        self.complaints = tempfile.TemporaryFile()  # noqa: SIM115 - closed when it stops
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self.control = ours
        try:
            with theirs:
                self.process = self._start(theirs)
            self.namespaces: tuple[str, ...] = tuple(self._greeting()["namespaces"])
        except (LaunchError, OSError) as error:
            reason = f"{error}{self._last_complaint()}"
            self.stop()
            raise LaunchError(reason) from error

    def _start(self, theirs: socket.socket) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-P", "-s", "-S", "-B", "-c", BOOT]
        folder = str(Path(__file__).parent)
        config = self._config()
        if self.level >= 3:
            base = os.path.realpath(sys.executable)
            command = [*bubblewrap.command([*config["read"], *config["run"], folder, base]), base]
            command += ["-P", "-s", "-S", "-B", "-c", BOOT]
        return subprocess.Popen(
            [*command, folder, str(theirs.fileno()), json.dumps(config)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self.complaints,
            cwd="/",
            env=ENVIRONMENT,
            pass_fds=[theirs.fileno()],
            start_new_session=True,
        )

    def _config(self) -> dict[str, Any]:
        read, hide = python_folders()
        return {
            "level": self.level,
            "base": bubblewrap.BASE if self.level >= 3 else self.folder,
            "work": INSIDE_WORK if self.level >= 2 else os.path.realpath(self.folder),
            "work_bytes": WORK_BYTES,
            "map": self.level == 2 and os.geteuid() == 0,
            "read": read,
            "hide": hide,
            "run": system_folders(),
        }

    def _greeting(self) -> dict[str, Any]:
        while True:
            message = self.receive(START_SECONDS)
            if message["k"] == "map":
                self._map()
            elif message["k"] == "up":
                return message
            else:
                raise LaunchError(str(message.get("m", "it answered something else")))

    def _last_complaint(self) -> str:
        """What the launcher, or bubblewrap before it, wrote last: no program writes there."""
        process = getattr(self, "process", None)
        if process is not None:
            try:
                process.wait(1.0)
            except subprocess.TimeoutExpired:
                return ""
        self.complaints.seek(0)
        lines = self.complaints.read().decode("utf-8", "replace").strip().splitlines()
        return f" ({lines[-1][:200]})" if lines else ""

    def _map(self) -> None:
        try:
            namespaces.map_from_outside(self.process.pid)
        except PermissionError:
            self.send({"k": "map", "mapped": False})
        else:
            self.send({"k": "map", "mapped": True})

    # --- talking -------------------------------------------------------------------------------

    def send(self, message: dict[str, Any], descriptors: tuple[int, ...] = ()) -> None:
        """One message, with descriptors for the program.

        Raises:
            LaunchError: it is gone.
        """
        data = json.dumps(message).encode() + b"\n"
        try:
            if descriptors:
                socket.send_fds(self.control, [data], list(descriptors))
            else:
                self.control.sendall(data)
        except OSError as error:
            raise LaunchError(f"the launcher is gone: {error}") from error

    def receive(self, seconds: float) -> dict[str, Any]:
        """The next message.

        Raises:
            LaunchError: none in time, or it is gone.
        """
        self.control.settimeout(max(seconds, 0.001))
        while b"\n" not in self.buffer:
            try:
                data = self.control.recv(1 << 16)
            except OSError as error:
                raise LaunchError(f"the launcher does not answer: {error}") from error
            if not data:
                raise LaunchError("the launcher ended")
            self.buffer += data
        line, _, self.buffer = self.buffer.partition(b"\n")
        message: dict[str, Any] = json.loads(line)
        return message

    def stop(self) -> None:
        """End it with all below it, and remove its folder."""
        self.control.close()
        process = getattr(self, "process", None)
        if process is not None:
            try:
                process.wait(0.5)  # without us it ends by itself, its program first
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(STOP_SECONDS)
        self.complaints.close()
        if tidied(self.folder):  # shutil.rmtree recurses, and a program may have nested for ever
            os.rmdir(self.folder)


def python_folders() -> tuple[list[str], list[str]]:
    """What Python needs to read, and folders in it to hide: installed packages are not its."""
    library = os.path.realpath(sysconfig.get_path("stdlib"))
    installed = ("site-packages", "dist-packages", "test")
    entries = [os.path.join(library, name) for name in os.listdir(library) if name not in installed]
    hide = [os.path.join(library, name) for name in installed]
    hide += ["/usr/lib/python3", "/usr/local/lib/python3"]
    return [*entries, *_LIBRARIES, "/etc/ld.so.cache", "/usr/share/zoneinfo"], hide


def system_folders() -> list[str]:
    """What programs in other languages need to read and execute."""
    found = [os.path.realpath(path) for path in languages.programs().values()]
    elsewhere = [str(Path(path).parents[1]) for path in found if not path.startswith("/usr/")]
    return ["/usr", *_LIBRARIES, "/bin", "/etc/alternatives", "/etc/ld.so.cache", *elsewhere]


_LIBRARIES = ("/usr/lib", "/lib", "/lib64", "/usr/lib64")


def limits_message(limits: Limits) -> dict[str, Any]:
    """The fields, for the other side."""
    return {name: getattr(limits, name) for name in limits.__dataclass_fields__}
