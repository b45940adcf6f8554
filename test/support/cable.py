"""
cable.py INTERFACE QEMU ARGUMENT...: runs QEMU with its network card plugged into the interface.

Whole frames go between an AF_PACKET socket and QEMU's `-netdev socket,fd=`: unlike a tap device that needs no
/dev/net/tun, which containers and ordinary users rarely have. The kernel leaves UDP checksums of a virtual cable to
hardware that is not there; 0 says that there is none (RFC 768). QEMU ends with its cable.
"""

import os, select, socket, sys
interface, program, *args = sys.argv[1:]
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
wire.bind((interface, 0))
near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
if os.fork() == 0:
    far.set_inheritable(True)
    card = "socket,id=card,fd=%d" % far.fileno()
    os.execvp("setpriv", ["setpriv", "--pdeathsig", "KILL", program, *args, "-netdev", card])
far.close()
while True:
    for ready in select.select([wire, near], [], [])[0]:
        frame, sender = ready.recvfrom(65536)
        if ready is near:
            wire.send(frame)
        elif sender[2] != socket.PACKET_OUTGOING:
            if frame[12:14] == b"\x08\x00" and frame[23] == socket.IPPROTO_UDP:
                frame = frame[:40] + b"\0\0" + frame[42:]
            near.send(frame)
