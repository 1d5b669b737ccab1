"""The end of one worker is the end of its thread, and its task goes with it."""
import collections
import struct
import threading


def run(tasks, workers, start):
    """Has all tasks done by `workers` processes and returns their answers in the order of the tasks.

    `start()` starts one more worker and returns its standard input and its standard output.
    """
    answers = [None] * len(tasks)
    waiting = collections.deque(range(len(tasks)))

    def serve():
        to, answers_of = start()
        while True:
            try:
                task = waiting.popleft()
            except IndexError:
                break
            answers[task] = ask(to, answers_of, tasks[task])
        close(to, answers_of)

    threads = [threading.Thread(target=serve) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def ask(to, answers_of, task):
    to.write(struct.pack(">I", len(task)) + task)
    (length,) = struct.unpack(">I", read_exactly(answers_of, 4))
    return read_exactly(answers_of, length)


def read_exactly(stream, count):
    """`read(n)` of a pipe returns what is there, at most n bytes, and nothing at the end."""
    data = b""
    while len(data) < count:
        part = stream.read(count - len(data))
        if not part:
            raise WorkerGone("the worker is gone")
        data += part
    return data


class WorkerGone(OSError):
    """The worker ended in the middle of an answer."""


def close(*streams):
    for stream in streams:
        try:
            stream.close()
        except OSError:
            pass  # the worker is dead already
