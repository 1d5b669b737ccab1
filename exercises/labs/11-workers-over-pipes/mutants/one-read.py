"""One `read` for a frame: right as long as the answer comes in one piece."""
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
            try:
                answers[task] = ask(to, answers_of, tasks[task])
            except OSError:
                waiting.appendleft(task)
                close(to, answers_of)
                to, answers_of = start()
        close(to, answers_of)

    threads = [threading.Thread(target=serve) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def ask(to, answers_of, task):
    to.write(struct.pack(">I", len(task)) + task)
    frame = answers_of.read(4 + len(task))
    if not frame:
        raise WorkerGone("the worker is gone")
    return frame[4:]


class WorkerGone(OSError):
    """The worker ended in the middle of an answer."""


def close(*streams):
    for stream in streams:
        try:
            stream.close()
        except OSError:
            pass  # the worker is dead already
