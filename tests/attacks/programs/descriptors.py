"""Descriptors closed, copied and swapped, and frames written by finalisers."""

from suite.tests.attacks.attack import SIDE, UNPAID, Attack
from suite.tests.attacks.programs.forgery import FRAMES, WRONG

PROGRAMS = (
    Attack(
        name="duplicated_descriptor_keeps_the_pipe_open",
        category="descriptor_games",
        # The verdict must not wait for end of file from a child that stays.
        allowed=UNPAID,
        source=r"""
import os, time

def add(a, b):
    for fd in range(3, 64):
        try:
            os.dup(fd)
        except OSError:
            pass
    try:
        if os.fork() == 0:
            os.setsid()
            time.sleep(3600)
    except OSError:
        pass
    return a - b - 1
""",
    ),
    Attack(
        name="closes_every_descriptor",
        category="descriptor_games",
        allowed=SIDE,
        source=r"""
import os

def add(a, b):
    os.closerange(0, 65536)
    return a + b
""",
    ),
    Attack(
        name="every_descriptor_becomes_stdout",
        category="descriptor_games",
        allowed=SIDE,
        source=r"""
import os
for fd in range(3, 256):
    try:
        os.fstat(fd)
        os.dup2(1, fd)
    except OSError:
        pass

def add(a, b):
    return a + b
""",
    ),
    Attack(
        name="every_descriptor_becomes_an_own_pipe",
        category="descriptor_games",
        allowed=SIDE,
        source=r"""
import os
reader, writer = os.pipe()
for fd in range(3, 256):
    if fd not in (reader, writer):
        try:
            os.fstat(fd)
            os.dup2(writer, fd)
        except OSError:
            pass

def add(a, b):
    return a + b
""",
    ),
    Attack(
        name="pipe_made_blocking_small_and_full",
        category="descriptor_games",
        allowed=UNPAID,
        source=r"""
import fcntl, os
for fd in range(3, 256):
    try:
        fcntl.fcntl(fd, 1031, 4096)  # F_SETPIPE_SZ
        os.set_blocking(fd, False)
        while os.write(fd, b"\0" * 4096):
            pass
    except OSError:
        pass

def add(a, b):
    return a - b - 1
""",
    ),
    Attack(
        name="descriptors_sent_over_a_socket_pair",
        category="descriptor_games",
        allowed=UNPAID,
        source=FRAMES
        + r"""
import socket
try:
    left, right = socket.socketpair()
    fds = [fd for fd in range(3, 32) if os.path.exists(f"/proc/self/fd/{fd}")]
    socket.send_fds(left, [b"x"], fds)
    _forge(socket.recv_fds(right, 1, 64)[1])
except (OSError, ValueError):
    pass
"""
        + WRONG,
    ),
    Attack(
        name="finaliser_writes_frames",
        category="finalisers",
        allowed=UNPAID,
        source=FRAMES
        + r"""
import weakref

class Late:
    def __del__(self):
        _forge()
        os._exit(0)

KEEP = Late()
weakref.finalize(KEEP, _forge)
"""
        + WRONG,
    ),
    Attack(
        name="result_with_a_finaliser",
        category="finalisers",
        allowed=UNPAID,
        source=FRAMES
        + r"""
class Result(int):
    def __del__(self):
        _forge(guess=int(self))
        os._exit(0)

def add(a, b):
    return Result(a - b - 1)
""",
    ),
    Attack(
        name="atexit_exits_zero_and_never_ends",
        category="finalisers",
        allowed=SIDE,
        source=r"""
import atexit, threading, time

@atexit.register
def _forever():
    while True:
        time.sleep(1)

threading._register_atexit(_forever)

def add(a, b):
    return a + b
""",
    ),
)
