"""A box blur in pure Python."""
from pieces import main

WIDTH, HEIGHT = 320, 240


def piece(n):
    image = [(x * y + n) % 256 for y in range(HEIGHT) for x in range(WIDTH)]
    blurred = image[:]
    for y in range(1, HEIGHT - 1):
        for x in range(1, WIDTH - 1):
            at = y * WIDTH + x
            rows = (at - WIDTH, at, at + WIDTH)
            blurred[at] = sum(image[row - 1] + image[row] + image[row + 1] for row in rows) // 9
    return sum(blurred)


if __name__ == "__main__":
    main(piece)
