"""A group-by in pure Python, with dictionaries and strings."""
from pieces import main


def piece(n):
    rows = [("key%d" % (i * 7919 % 101), i % (n + 2)) for i in range(150_000)]
    groups = {}
    for key, value in rows:
        groups.setdefault(key, []).append(value)
    return sorted((key, sum(values), max(values)) for key, values in groups.items())


if __name__ == "__main__":
    main(piece)
