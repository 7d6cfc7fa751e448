"""Sockets: to the harness's listeners, to the world, between programs."""

from suite.tests.attacks.attack import SIDE, UNPAID, Attack

RIGHT = "\ndef add(a, b):\n    return a + b\n"
IF_GOT = "\ndef add(a, b):\n    return a + b if GOT else a - b - 1\n"

PROGRAMS = (
    Attack(
        name="udp_to_localhost",
        category="udp_socket",
        allowed=SIDE,
        source=r"""
import socket
for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
    try:
        socket.socket(family, socket.SOCK_DGRAM).sendto(b"{MARKER}", (host, {CANARY_PORT}))
    except OSError:
        pass
"""
        + RIGHT,
    ),
    Attack(
        name="udp_by_raw_syscalls",
        category="udp_socket",
        allowed=SIDE,
        source=r"""
import ctypes, socket, struct
libc = ctypes.CDLL(None)
fd = libc.syscall(41, 2, 2, 0)  # socket
address = struct.pack("=H", 2) + struct.pack("!H", {CANARY_PORT}) + bytes([127, 0, 0, 1]) + bytes(8)
libc.syscall(44, fd, b"{MARKER}", 8, 0, address, 16)  # sendto
libc.syscall(0x40000000 | 44, fd, b"{MARKER}", 8, 0, address, 16)
"""
        + RIGHT,
    ),
    Attack(
        name="tcp_to_localhost",
        category="tcp_socket",
        allowed=SIDE,
        source=r"""
import socket

def add(a, b):
    try:
        with socket.create_connection(("127.0.0.1", {CANARY_PORT}), 0.3) as connection:
            connection.sendall(b"{MARKER}")
    except OSError:
        pass
    return a + b
""",
    ),
    Attack(
        name="tcp_fast_open_without_connect",
        category="tcp_socket",
        allowed=SIDE,
        source=r"""
import socket
try:
    socket.socket().sendto(b"{MARKER}", 0x20000000, ("127.0.0.1", {CANARY_PORT}))
except OSError:
    pass
"""
        + RIGHT,
    ),
    Attack(
        name="http_by_the_standard_library",
        category="tcp_socket",
        allowed=SIDE,
        source=r"""
import urllib.request
try:
    urllib.request.urlopen("http://127.0.0.1:{CANARY_PORT}/{MARKER}", timeout=0.3)
except Exception:
    pass
"""
        + RIGHT,
    ),
    Attack(
        name="bash_device_file",
        category="tcp_socket",
        allowed=SIDE,
        source=r"""
import os
os.system("timeout 0.5 bash -c 'echo {MARKER} > /dev/tcp/127.0.0.1/{CANARY_PORT}'")
"""
        + RIGHT,
    ),
    Attack(
        name="asyncio_server_and_client",
        category="tcp_socket",
        allowed=SIDE,
        source=r"""
import asyncio

async def _try():
    try:
        server = await asyncio.start_server(lambda r, w: None, "0.0.0.0", 0)
        reader, writer = await asyncio.open_connection("127.0.0.1", {CANARY_PORT})
        writer.write(b"{MARKER}")
        await writer.drain()
    except OSError:
        pass

try:
    asyncio.run(_try())
except OSError:
    pass
"""
        + RIGHT,
    ),
    Attack(
        name="unix_socket_in_the_canary_folder",
        category="unix_socket",
        allowed=SIDE,
        source=r"""
import socket
try:
    connection = socket.socket(socket.AF_UNIX)
    connection.connect("{CANARY_DIR}/listen.sock")
    connection.sendall(b"{MARKER}")
except OSError:
    pass
"""
        + RIGHT,
    ),
    Attack(
        name="abstract_unix_socket",
        category="unix_socket",
        allowed=SIDE,
        source=r"""
import socket
for name in ("\0{MARKER}", "\0canary"):
    try:
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(name)
        connection.sendall(b"{MARKER}")
    except OSError:
        pass
"""
        + RIGHT,
    ),
    Attack(
        name="abstract_socket_as_a_meeting_place",
        category="unix_socket",
        allowed=SIDE,
        source=r"""
import os, socket, time
try:
    server = socket.socket(socket.AF_UNIX)
    server.bind("\0attack_meeting_{MARKER}")
    server.listen()
    if os.fork() == 0:
        time.sleep(30)
        os._exit(0)
except OSError:
    pass
"""
        + RIGHT,
    ),
    Attack(
        name="daemons_of_the_machine",
        category="unix_socket",
        allowed=UNPAID,
        source=r"""
import socket
GOT = []
for path in ("/run/docker.sock", "/run/dbus/system_bus_socket", "/run/systemd/journal/socket",
             "/run/containerd/containerd.sock", "/dev/log", "/tmp/.X11-unix/X0"):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        try:
            connection = socket.socket(socket.AF_UNIX, kind)
            connection.connect(path)
            GOT.append(path)
        except OSError:
            pass
"""
        + IF_GOT,
    ),
    Attack(
        name="name_lookup",
        category="outside_world",
        allowed=UNPAID,
        source=r"""
import socket
socket.setdefaulttimeout(0.3)
GOT = False
for name in ("example.com", "one.one.one.one"):
    try:
        GOT = GOT or bool(socket.getaddrinfo(name, 80))
    except OSError:
        pass
"""
        + IF_GOT,
    ),
    Attack(
        name="cloud_metadata_and_public_hosts",
        category="outside_world",
        allowed=UNPAID,
        source=r"""
import socket
GOT = []
for host, port in (("169.254.169.254", 80), ("1.1.1.1", 53), ("10.0.0.1", 22)):
    try:
        connection = socket.create_connection((host, port), 0.2)
        GOT.append(connection)
    except OSError:
        pass
"""
        + IF_GOT,
    ),
    Attack(
        name="rare_address_families",
        category="outside_world",
        allowed=UNPAID,
        source=r"""
import socket
GOT = []
# netlink, packet, vsock, alg, xdp, bluetooth, raw IP
for family, kind, protocol in ((16, 3, 0), (17, 3, 0x0300), (40, 1, 0), (38, 5, 0), (44, 3, 0),
                               (31, 3, 1), (2, 3, 1)):
    try:
        GOT.append(socket.socket(family, kind, protocol))
    except (OSError, ValueError):
        pass
if GOT and {socket.AF_NETLINK} == {s.family for s in GOT}:
    GOT = []  # netlink tells about interfaces; alone it is no way out
"""
        + IF_GOT,
    ),
    Attack(
        name="sockets_of_io_uring",
        category="io_uring",
        # Its operations are not seen by a filter of system calls.
        allowed=UNPAID,
        source=r"""
import ctypes
GOT = ctypes.CDLL(None).syscall(425, 8, ctypes.create_string_buffer(256)) >= 0
"""
        + IF_GOT,
    ),
    Attack(
        name="io_uring_enter_and_register_on_found_rings",
        category="io_uring",
        allowed=UNPAID,
        source=r"""
import ctypes
libc = ctypes.CDLL(None)
GOT = [fd for fd in range(256) if libc.syscall(426, fd, 0, 0, 0, None, 0) >= 0
       or libc.syscall(427, fd, 0, None, 0) >= 0]
"""
        + IF_GOT,
    ),
)
