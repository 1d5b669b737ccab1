"""Twin of threading/src/files.rs: the SHA-256 of every file under a directory, in sequence and with threads.

Usage: files.py DIRECTORY THREADS. Prints one JSON report; its line is the digest of all.
"""
import hashlib
import json
import os
import sys
import threading
import time

ROOT, THREADS = os.fsencode(sys.argv[1]), int(sys.argv[2])


def walk():
    paths = []
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [f for f in folders if f != b".git" and not os.path.exists(os.path.join(folder, f, b"CACHEDIR.TAG"))]
        for name in files:
            path = os.path.join(folder, name)
            if os.path.isfile(path) and not os.path.islink(path):
                paths.append(path)
    # Part by part, as Rust compares paths.
    return sorted(paths, key=lambda path: path.split(b"/"))


def checksum(path):
    sha = hashlib.sha256()
    try:
        with open(path, "rb") as file:
            left = os.fstat(file.fileno()).st_size  # as long as it is now: one in /proc may have no end
            while left > 0:
                piece = file.read(min(left, 256 * 1024))
                if not piece:
                    break
                sha.update(piece)
                left -= len(piece)
    except OSError:
        return b""
    return sha.digest()


def sequence(paths):
    return [checksum(path) for path in paths]


def threads(paths):
    sums = [b""] * len(paths)
    left = iter(range(len(paths)))

    def work():
        for n in left:
            sums[n] = checksum(paths[n])

    running = [threading.Thread(target=work) for _ in range(THREADS)]
    for t in running:
        t.start()
    for t in running:
        t.join()
    return sums


paths = walk()
measures = []
digests = set()
for technique, ko, en in ((sequence, "차례로", "in sequence"), (threads, "스레드", "threads")):
    start = time.monotonic()
    sums = technique(paths)
    wall = (time.monotonic() - start) * 1e9
    measures.append({"id": "wall." + technique.__name__, "name": {"ko": ko, "en": en}, "unit": "ns", "samples": [wall]})
    total = hashlib.sha256()
    for path, digest in zip(paths, sums):
        total.update(os.path.relpath(path, ROOT) + b"\0" + digest)
    digests.add(total.hexdigest())

print(json.dumps({"experiment": "threading/files", "lines": sorted(digests), "measures": measures}))
