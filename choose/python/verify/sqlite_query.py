"""sqlite3 lets the GIL go while a query runs."""
import sqlite3

from pieces import main


def piece(n):
    connection = sqlite3.connect(":memory:")
    query = """
        WITH RECURSIVE numbers(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < 250000)
        SELECT sum(i * i % 97) FROM numbers
    """
    result = connection.execute(query).fetchall()
    connection.close()
    return result


if __name__ == "__main__":
    main(piece)
