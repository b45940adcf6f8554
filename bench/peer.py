"""A TFTP server as one writes it in an afternoon: a Python thread for each transfer. peer.py ADDRESS FOLDER"""

import os
import socket
import sys
import threading


def transfer(address, folder, request, client):
    name, _mode, *words = request[2:].split(b"\0")[:-1]
    asked = dict(zip(words[::2], words[1::2]))
    blksize = int(asked.get(b"blksize", 512))
    windowsize = int(asked.get(b"windowsize", 1))
    granted = b"".join(key + b"\0" + asked[key] + b"\0" for key in (b"blksize", b"windowsize") if key in asked)
    end = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    end.bind((address, 0))
    end.connect(client)
    end.settimeout(5)
    with open(os.path.join(folder, os.path.basename(name.decode())), "rb") as file:
        if granted:
            end.send(b"\0\6" + granted)
            end.recv(512)
        first, last = 1, None
        while last is None or first <= last:
            for block in range(first, first + windowsize):
                data = file.read(blksize)
                end.send(b"\0\3" + (block & 0xFFFF).to_bytes(2, "big") + data)
                if len(data) < blksize:
                    last = block
                    break
            ahead = (int.from_bytes(end.recv(512)[2:4], "big") - first + 1) & 0xFFFF
            if ahead != block - first + 1:
                file.seek((first - 1 + ahead) * blksize)
                last = None
            first += ahead


def main():
    address, folder = sys.argv[1:]
    listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    listener.bind((address, 69))
    while True:
        request, client = listener.recvfrom(2048)
        threading.Thread(target=transfer, args=(address, folder, request, client), daemon=True).start()


main()
