"""What a small translation model does for each token: a matrix times a vector, here in pure Python."""
from pieces import main

SIZE = 192


def piece(n):
    matrix = [[(row * column + n) % 7 - 3 for column in range(SIZE)] for row in range(SIZE)]
    vector = [1.0] * SIZE
    for _ in range(22):
        vector = [sum(weight * value for weight, value in zip(row, vector)) / SIZE for row in matrix]
    return round(sum(vector), 6)


if __name__ == "__main__":
    main(piece)
