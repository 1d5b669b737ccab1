"""Requests to a server in a thread of the same program, which takes its time: the two wait for the same thing."""
import socket
import threading
import time

from pieces import main

DELAY = 0.02


def serve(listener):
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=answer, args=(connection,), daemon=True).start()


def answer(connection):
    with connection:
        while connection.recv(100):
            time.sleep(DELAY)
            connection.sendall(b"answer")


def start():
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    threading.Thread(target=serve, args=(listener,), daemon=True).start()
    return listener.getsockname()[1]


def piece(n):
    size = 0
    with socket.create_connection(("127.0.0.1", PORT)) as connection:
        for _ in range(5):
            connection.sendall(b"question")
            size += len(connection.recv(100))
    return size


async def async_piece(n):
    import asyncio
    size = 0
    reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
    for _ in range(5):
        writer.write(b"question")
        size += len(await reader.read(100))
    writer.close()
    return size


# A worker that was started anew has a server of its own.
PORT = start()

if __name__ == "__main__":
    main(piece, async_piece)
