"""Over before anything parallel has started."""
from pieces import main


def piece(n):
    return sum(range(2000)) + n


if __name__ == "__main__":
    main(piece)
