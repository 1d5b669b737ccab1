"""Counts the bytes of a page fetched N times: in threads. Usage: threads.py HOST PORT N."""
import socket
import sys
import threading

REQUEST = b"GET / HTTP/1.1\r\nHost: loopback\r\nConnection: close\r\n\r\n"
total = 0
lock = threading.Lock()


def fetch(host, port):
    with socket.create_connection((host, port), timeout=30) as connection:
        connection.sendall(REQUEST)
        answer = connection.makefile("rb").read()
    return len(answer)


def work(host, port):
    global total
    size = fetch(host, port)
    with lock:
        total += size


def main(host, port, n):
    threads = []
    for _ in range(n):
        thread = threading.Thread(target=work, args=(host, port))
        threads.append(thread)
        thread.start()
    for thread in threads:
        thread.join()
    print(total)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
