# -*- coding: utf-8 -*-
"""Twin of mutex/src/experiments/poison.rs: an exception inside `with lock`. Usage: poison.py. Prints one JSON report."""
import json
import threading


class Books(object):
    def __init__(self):
        self.left, self.right, self.lock = 100, 0, threading.Lock()


def fails():
    raise ValueError("the bank is on fire")


# ANCHOR: forms
def in_two(books):
    with books.lock:
        books.left -= 40
        fails()
        books.right += 40


def at_once(books):
    with books.lock:
        after = (books.left - 40, books.right + 40)
        fails()
        books.left, books.right = after
# ANCHOR_END: forms


def half_seen(transfer):
    books = Books()

    def dies():
        try:
            transfer(books)
        except ValueError:
            pass  # as a thread that ends with it: nobody else is told

    t = threading.Thread(target=dies)
    t.start()
    t.join()
    with books.lock:  # free: the exception let go of it
        return int(books.left + books.right != 100)


measures = []
for id, transfer, code in [("in_two", in_two, "a -= 40; fails(); b += 40"), ("at_once", at_once, "a, b = after")]:
    name = {"ko": code + ": 일부만 변경된 데이터", "en": code + ": half-changed data"}
    measures.append({"id": "half." + id, "name": name, "unit": "count", "samples": [half_seen(transfer)]})
print(json.dumps({"experiment": "mutex/poison", "measures": measures}))
