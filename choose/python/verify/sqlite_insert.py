"""sqlite3 lets the GIL go for each row: the fewer its rows do, the more of the time goes into handing it on."""
import sqlite3

from pieces import main


def piece(n):
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE numbers (i INTEGER, name TEXT)")
    for i in range(25_000):
        connection.execute("INSERT INTO numbers VALUES (?, ?)", (i, "row %d" % i))
    result = connection.execute("SELECT count(*), sum(i) FROM numbers").fetchall()
    connection.close()
    return result


if __name__ == "__main__":
    main(piece)
