"""All tasks are sent, and then the answers are read: as soon as they are larger than a pipe, both sides wait for ever."""
import struct


def run(tasks, workers, start):
    started = [start() for _ in range(workers)]
    for number, task in enumerate(tasks):
        send(started[number % workers], task)
    answers = []
    for number in range(len(tasks)):
        try:
            answer = receive(started[number % workers])
        except OSError:
            started[number % workers] = start()
            for unanswered in tasks[number::workers]:
                send(started[number % workers], unanswered)
            answer = receive(started[number % workers])
        answers.append(answer)
    for to, _ in started:
        to.close()
    return answers


def send(worker, task):
    worker[0].write(struct.pack(">I", len(task)) + task)


def receive(worker):
    (length,) = struct.unpack(">I", read_exactly(worker[1], 4))
    return read_exactly(worker[1], length)


def read_exactly(stream, count):
    data = b""
    while len(data) < count:
        part = stream.read(count - len(data))
        if not part:
            raise OSError("the worker is gone")
        data += part
    return data
