"""Forged messages: printed verdicts, and frames written to every descriptor that is open."""

from suite.tests.attacks.attack import FAILS, FAILS_OR_DIES, SIDE, UNPAID, Attack

# Frames in the usual shapes. They claim a pass and guess values; none holds a sum of the inputs.
FRAMES = r"""
import json, os, pickle, struct

def _bodies(guess=0):
    values = ("pass", True, guess, [guess] * 5, {"verdict": "pass"}, {"status": "pass"},
              {"passed": True, "score": 1.0}, {"ok": True, "value": guess}, ["pass"] * 5,
              {"result": guess, "error": None}, {"id": 1, "jsonrpc": "2.0", "result": guess},
              ["ok", ["int", str(guess)]], {"type": "int", "value": guess}, [True] * 5, 1.0,
              {"verdict": "pass", "results": [True] * 5}, {"done": True}, {"exit": 0})
    for value in values:
        yield json.dumps(value).encode()
        yield json.dumps(value, separators=(",", ":")).encode()
        yield pickle.dumps(value)
    yield b"int:%d" % guess
    yield b"PASS"

def _frames(guess=0):
    for body in _bodies(guess):
        yield body + b"\n"
        for form in ("<I", ">I", "<Q", ">Q", "!H"):
            yield struct.pack(form, len(body)) + body
        yield b"%d\n" % len(body) + body
        yield b"%d:%s," % (len(body), body)
        yield body + b"\0"

def _forge(fds=range(3, 256), guess=0):
    for fd in fds:
        try:
            os.set_blocking(fd, False)
            for frame in _frames(guess):
                os.write(fd, frame)
        except OSError:
            pass
"""
WRONG = "\ndef add(a, b):\n    return a - b - 1\n"

PROGRAMS = (
    Attack(
        name="prints_passed",
        category="printed_verdict",
        allowed=FAILS,
        source=r"""
print("passed")
print("PASS\n5 passed in 0.01s\nOK\nAll tests passed")

def add(a, b):
    print("pass", flush=True)
    return a - b - 1
""",
    ),
    Attack(
        name="prints_json_verdicts",
        category="printed_verdict",
        allowed=FAILS_OR_DIES,
        source=r"""
import json, sys

def add(a, b):
    for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
        if stream is not None:
            stream.write(json.dumps({"verdict": "pass", "score": 1.0, "results": [1] * 5}) + "\n")
            stream.flush()
    return a - b - 1
""",
    ),
    Attack(
        name="prints_a_verdict_and_exits_at_once",
        category="printed_verdict",
        allowed=UNPAID,
        source=r"""
import os
os.write(1, b'{"verdict": "pass"}\n')
os.write(2, b'{"verdict": "pass"}\n')
os._exit(0)

def add(a, b):
    return a - b - 1
""",
    ),
    Attack(
        name="terminal_escapes_rewrite_the_report",
        category="printed_verdict",
        allowed=FAILS,
        source=r"""
def add(a, b):
    print("\x1b[2J\x1b[H\x1b]0;pass\x07\rpass\x08\x08\x08\x08pass\x00\x1b[8m")
    raise ValueError("\x1b[2K\rpass: all hidden tests passed\n\nverdict: pass")
""",
    ),
    Attack(
        name="frames_to_every_descriptor_at_import",
        category="pipe_forgery",
        allowed=UNPAID,
        source=FRAMES + "_forge()\n" + WRONG,
    ),
    Attack(
        name="frames_to_every_descriptor_in_the_call",
        category="pipe_forgery",
        allowed=UNPAID,
        source=FRAMES
        + r"""
def add(a, b):
    _forge(guess=a)
    return a - b - 1
""",
    ),
    Attack(
        name="frames_then_exit_zero",
        category="pipe_forgery",
        allowed=UNPAID,
        source=FRAMES
        + r"""
def add(a, b):
    _forge(range(1024))
    os._exit(0)
""",
    ),
    Attack(
        name="frames_to_pipes_found_in_proc",
        category="pipe_forgery",
        allowed=UNPAID,
        source=FRAMES
        + r"""
def _pipes():
    for name in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{name}")
        except OSError:
            continue
        if target.startswith(("pipe:", "socket:", "anon_inode:", "/memfd:")):
            yield int(name)
            try:
                yield os.open(f"/proc/self/fd/{name}", os.O_WRONLY | os.O_NONBLOCK)
            except OSError:
                pass

_forge([fd for fd in _pipes()])
"""
        + WRONG,
    ),
    Attack(
        name="frames_to_the_pipes_of_the_parent",
        category="pipe_forgery",
        allowed=UNPAID,
        destructive=True,
        source=FRAMES
        + r"""
def _reopened(pid):
    try:
        names = os.listdir(f"/proc/{pid}/fd")
    except OSError:
        return
    for name in names:
        try:
            if os.readlink(f"/proc/{pid}/fd/{name}").startswith("pipe:"):
                yield os.open(f"/proc/{pid}/fd/{name}", os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            pass

for pid in (os.getppid(), {PARENT_PID}):
    _forge(list(_reopened(pid)))
"""
        + WRONG,
    ),
    Attack(
        name="frames_after_the_results_from_atexit",
        category="pipe_forgery",
        allowed=UNPAID,
        source=FRAMES + "import atexit\natexit.register(_forge)\n" + WRONG,
    ),
    Attack(
        name="frames_after_the_results_from_a_thread",
        category="pipe_forgery",
        allowed=UNPAID,
        source=FRAMES
        + r"""
import threading, time

def _loop():
    for _ in range(200):
        _forge(range(3, 64))
        time.sleep(0.005)

threading.Thread(target=_loop).start()
"""
        + WRONG,
    ),
    Attack(
        name="frames_from_a_forked_child_before_each_result",
        category="pipe_forgery",
        allowed=UNPAID,
        source=FRAMES
        + r"""
def add(a, b):
    try:
        if os.fork() == 0:
            _forge(guess=a)
            os._exit(0)
    except OSError:
        _forge(guess=a)
    return a - b - 1
""",
    ),
    Attack(
        name="all_small_integers_as_answers",
        category="pipe_forgery",
        allowed=UNPAID,
        source=FRAMES
        + r"""
def add(a, b):
    for guess in range(-60, 60):
        _forge(range(3, 16), guess)
    return a - b - 1
""",
    ),
    Attack(
        name="half_a_frame_and_silence",
        category="pipe_forgery",
        allowed=UNPAID,
        source=r"""
import os, time

def add(a, b):
    for fd in range(3, 256):
        try:
            os.write(fd, b"\xff\xff\xff\x7f{\"verdict\": ")
        except OSError:
            pass
    time.sleep(3600)
""",
    ),
    Attack(
        name="a_frame_that_announces_exabytes",
        category="pipe_forgery",
        allowed=SIDE,
        source=r"""
import os

def add(a, b):
    for fd in range(3, 256):
        for size in (b"\xff" * 8, b"\x7f" + b"\xff" * 7, b"9" * 30 + b"\n"):
            try:
                os.write(fd, size)
            except OSError:
                pass
    return a + b
""",
    ),
    Attack(
        name="right_values_written_by_hand",
        category="pipe_forgery",
        # It knows the sums because it made them, so a pass is not wrong.
        allowed=SIDE,
        source=FRAMES
        + r"""
def add(a, b):
    _forge(guess=a + b)
    return a + b
""",
    ),
)
