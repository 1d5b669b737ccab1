"""Twin of multiprocessing/src/experiments/cpu/process_cost.rs: what starting and talking costs. Prints one JSON report."""
import json
import multiprocessing as mp
import queue
import threading
import time


def idle():
    pass


def process_echo(pipe):
    while True:
        message = pipe.recv_bytes()
        if not message:
            return
        pipe.send_bytes(message)


def thread_echo(inbox, outbox):
    while True:
        message = inbox.get()
        if not message:
            return
        outbox.put(message)


def one_life(kind):
    one = kind(target=idle)
    one.start()
    one.join()


def timed(work, *args):
    start = time.monotonic()
    work(*args)
    return (time.monotonic() - start) * 1e9


def measure(id, ko, en, samples):
    return {"id": id, "name": {"ko": ko, "en": en}, "unit": "ns", "samples": samples}


def compare(id, ko, en, rounds, process, thread):
    """Both in turn."""
    pairs = [(timed(*process), timed(*thread)) for _ in range(rounds)]
    return [
        measure(id + ".process", "프로세스, " + ko, "process, " + en, [p for p, _ in pairs]),
        measure(id + ".thread", "스레드, " + ko, "thread, " + en, [t for _, t in pairs]),
    ]


def main():
    out = compare("start", "시작에서 끝까지", "from start to end", 20, (one_life, mp.Process), (one_life, threading.Thread))
    ours, theirs = mp.Pipe()
    to, back = queue.Queue(), queue.Queue()
    peers = [mp.Process(target=process_echo, args=(theirs,)), threading.Thread(target=thread_echo, args=(to, back))]
    for peer in peers:
        peer.daemon = True
        peer.start()

    def by_pipe(message):
        ours.send_bytes(message)
        ours.recv_bytes()

    def by_queue(message):
        to.put(message)
        back.get()

    by_pipe(b"ready")
    small, large = bytes(16), bytes(1 << 20)
    out += compare("ipc.small", "16바이트 왕복", "16-byte round trip", 200, (by_pipe, small), (by_queue, small))
    out += compare("ipc.large", "1 MiB 왕복", "1 MiB round trip", 20, (by_pipe, large), (by_queue, large))
    ours.send_bytes(b"")
    to.put(b"")
    for peer in peers:
        peer.join()
    print(json.dumps({"experiment": "multiprocessing/cpu_process_cost", "measures": out, "notes": [start_method()]}))


def start_method():
    """How the processes of this run are started: a note for the reader."""
    method = mp.get_start_method()
    return {"ko": "프로세스의 시작 방식: " + method, "en": "start method of the processes: " + method}


if __name__ == "__main__":
    main()
