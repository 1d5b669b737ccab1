"""Counts the bytes of a page fetched N times: in processes. Usage: processes.py HOST PORT N."""
import multiprocessing
import socket
import sys

REQUEST = b"GET / HTTP/1.1\r\nHost: loopback\r\nConnection: close\r\n\r\n"


def fetch(host, port):
    with socket.create_connection((host, port), timeout=30) as connection:
        connection.sendall(REQUEST)
        answer = connection.makefile("rb").read()
    return len(answer)


def work(host, port, sizes):
    size = fetch(host, port)
    sizes.put(size)


def main(host, port, n):
    sizes = multiprocessing.Queue()
    processes = []
    for _ in range(n):
        process = multiprocessing.Process(target=work, args=(host, port, sizes))
        processes.append(process)
        process.start()
    total = 0
    for _ in range(n):
        total += sizes.get()
    for process in processes:
        process.join()
    print(total)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
