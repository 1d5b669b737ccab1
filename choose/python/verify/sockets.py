"""Requests over plain sockets to a server that answers after 40 ms (CHOOSE_SERVER=HOST:PORT)."""
import os
import socket

from pieces import main

HOST, PORT = os.environ["CHOOSE_SERVER"].rsplit(":", 1)
REQUEST = b"GET / HTTP/1.0\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def piece(n):
    size = 0
    for _ in range(3):
        with socket.create_connection((HOST, int(PORT))) as connection:
            connection.sendall(REQUEST)
            while data := connection.recv(4096):
                size += data.startswith(b"HTTP/1")
    return size


async def async_piece(n):
    import asyncio
    size = 0
    for _ in range(3):
        reader, writer = await asyncio.open_connection(HOST, int(PORT))
        writer.write(REQUEST)
        while data := await reader.read(4096):
            size += data.startswith(b"HTTP/1")
        writer.close()
    return size


if __name__ == "__main__":
    main(piece, async_piece)
