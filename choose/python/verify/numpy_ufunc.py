"""NumPy, element by element: each call lets the GIL go."""
import numpy

from pieces import main


def piece(n):
    numbers = numpy.arange(n + 1, n + 200_001, dtype=float)
    total = numpy.zeros_like(numbers)
    for _ in range(150):
        numpy.sqrt(numbers, out=total)
        numpy.add(total, numbers, out=numbers)
    return round(float(numbers[:100].sum()), 6)


if __name__ == "__main__":
    main(piece)
