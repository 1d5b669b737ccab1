"""A pipeline of generators: within a piece each stage waits for the one before."""
from pieces import main


def numbers(n):
    yield from range(n, n + 250_000)


def odd(values):
    return (value for value in values if value % 2)


def squares(values):
    for value in values:
        yield value * value


def piece(n):
    return sum(squares(odd(numbers(n))))


if __name__ == "__main__":
    main(piece)
