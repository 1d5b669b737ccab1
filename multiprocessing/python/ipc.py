"""Twin of multiprocessing/src/experiments/ipc/mod.rs: a message there and back, by size. Usage: ipc.py ROUNDS. Prints one JSON report."""
import json
import multiprocessing as mp
import queue
import sys
import threading
import time

try:
    from multiprocessing import resource_tracker
    from multiprocessing.shared_memory import SharedMemory
except ImportError:  # they came with 3.8
    SharedMemory = None

SIZES = [(16, 100), (1 << 10, 100), (16 << 10, 100), (256 << 10, 20), (1 << 20, 10), (16 << 20, 2)]


def pipe_echo(pipe):
    while True:
        try:
            pipe.send_bytes(pipe.recv_bytes())
        except EOFError:
            return


def thread_echo(inbox, outbox):
    for message in iter(inbox.get, None):
        outbox.put(message)


def copy(message):
    return bytes(bytearray(message))


def copy_shared(names_and_size):
    """Copies one segment into another; only their names travel."""
    source, target, size = names_and_size
    ours, theirs = attach(source), attach(target)
    theirs.buf[:size] = ours.buf[:size]


ATTACHED = {}


def attach(name):
    if name not in ATTACHED:
        ATTACHED[name] = opened(name)
    return ATTACHED[name]


def attach_both(names):
    attach(names[0])
    attach(names[1])


def opened(name):
    # Until 3.13 a process that only looks at a segment is taken for its owner, and warns at its end.
    try:
        return SharedMemory(name, track=False)
    except TypeError:
        return SharedMemory(name)


def timed(work):
    start = time.monotonic()
    work()
    return (time.monotonic() - start) * 1e9


def measure(size, way, samples):
    name = {"ko": f"{size}바이트 왕복, {way}", "en": f"{size}-byte round trip, {way}"}
    return {"id": f"message.{size}.{way}", "name": name, "unit": "ns", "samples": samples}


def main():
    rounds, out = int(sys.argv[1]), []
    ours, theirs = mp.Pipe()
    echo = mp.Process(target=pipe_echo, args=(theirs,), daemon=True)
    echo.start()
    theirs.close()
    if SharedMemory:
        resource_tracker.ensure_running()  # one for all; a worker with a tracker of its own would remove our segments
    with mp.Pool(1) as pool:
        to, back = queue.Queue(), queue.Queue()
        threading.Thread(target=thread_echo, args=(to, back), daemon=True).start()
        for size, times in SIZES:
            message = bytes(size)
            segments = [SharedMemory(create=True, size=size) for _ in range(2)] if SharedMemory else []

            if segments:
                # Both sides have them: without their names they end with their processes, however these end.
                pool.apply(attach_both, ([segment.name for segment in segments],))
                for segment in segments:
                    segment.unlink()

            def by_pipe():
                ours.send_bytes(message)
                ours.recv_bytes()

            def by_pool():
                pool.apply(copy, (message,))

            def by_shared():
                source, target = segments
                source.buf[:size] = message
                pool.apply(copy_shared, ((source.name, target.name, size),))
                bytes(target.buf[:size])

            def by_thread():
                to.put(bytes(bytearray(message)))
                bytes(bytearray(back.get()))

            try:
                ways = {"pipe": by_pipe, "pool": by_pool, "shared": by_shared, "thread": by_thread}
                if not segments:
                    del ways["shared"]
                samples = {way: [] for way in ways}
                for _ in range(times * rounds + 1):
                    for way, work in ways.items():
                        samples[way].append(timed(work))
                out += [measure(size, way, times[1:]) for way, times in samples.items()]
            finally:
                for segment in segments:
                    segment.close()
        to.put(None)
    ours.close()
    report = {"experiment": "multiprocessing/ipc", "measures": out, "notes": [start_method()]}
    if not SharedMemory:
        why = {"ko": "공유 메모리: 측정하지 않음: 3.8부터 있습니다.", "en": "shared memory: not measured: it came with 3.8."}
        report["notes"].append(why)
    print(json.dumps(report))


def start_method():
    """How the processes of this run are started: a note for the reader."""
    method = mp.get_start_method()
    return {"ko": "프로세스의 시작 방식: " + method, "en": "start method of the processes: " + method}


if __name__ == "__main__":
    main()
