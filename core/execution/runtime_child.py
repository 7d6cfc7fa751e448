"""Other languages inside the judged process: the child writes the source and becomes its program.

Standard library only.
"""

import os
import re
import subprocess
from pathlib import Path
from typing import Any

from suite.core.execution.harness import JAVASCRIPT
from suite.core.execution.python_child import Channel

_WHERE = re.compile(r"main\.v:(\d+): *(.*)")


def run(channel: Channel, job: dict[str, Any]) -> None:
    """Read one program and become its interpreter; returns only where it does not compile.

    Raises:
        OSError: the interpreter cannot be started.
    """
    program = channel.receive()
    environment = {"PATH": "/usr/bin:/bin", "HOME": os.getcwd(), "TMPDIR": os.getcwd()}
    environment["OPENSSL_CONF"] = "/dev/null"  # node insists on reading one
    if job["language"] == "javascript":
        _javascript(channel, program, job, environment)
    else:
        _verilog(channel, program["source"], job["programs"], environment)


def _javascript(
    channel: Channel, program: dict[str, Any], job: dict[str, Any], environment: dict[str, str]
) -> None:
    limits = job["limits"]
    Path("program.js").write_text(program["source"], encoding="utf-8")
    Path("harness.js").write_text(JAVASCRIPT, encoding="utf-8")
    # Here node stops looking for the package that a file belongs to; above, it may not read.
    Path("package.json").write_text("{}", encoding="utf-8")
    os.set_inheritable(channel.descriptor, True)
    # The heap may grow past the limit: then the launcher, which watches it, calls it oom.
    words = ["node", f"--max-old-space-size={2 * limits['memory_mb']}"]
    words += ["harness.js", program["entry"] or "", str(limits["output_bytes"])]
    os.execve(job["programs"]["node"], words, environment)


def _verilog(
    channel: Channel, source: str, programs: dict[str, str], environment: dict[str, str]
) -> None:
    Path("main.v").write_text(source, encoding="utf-8")
    done = subprocess.run(
        [programs["iverilog"], "-g2012", "-o", "main.vvp", "main.v"],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
    )
    if done.returncode != 0:
        text = done.stderr.decode("utf-8", "replace")
        found = _WHERE.search(text)
        line, message = (int(found[1]), found[2]) if found else (None, text)
        channel.send({"k": "bad_source", "e": ["CompileError", message[:500], line]})
        return
    os.execve(programs["vvp"], ["vvp", "-n", "main.vvp"], environment)
