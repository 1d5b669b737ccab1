"""Counts the bytes of a page fetched N times: one after another. Usage: sequence.py HOST PORT N."""
import socket
import sys

REQUEST = b"GET / HTTP/1.1\r\nHost: loopback\r\nConnection: close\r\n\r\n"


def fetch(host, port):
    with socket.create_connection((host, port), timeout=30) as connection:
        connection.sendall(REQUEST)
        answer = connection.makefile("rb").read()
    return len(answer)


def main(host, port, n):
    total = 0
    for _ in range(n):
        total += fetch(host, port)
    print(total)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
