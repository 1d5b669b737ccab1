"""urllib: a blocking HTTP client, which has no async form (CHOOSE_SERVER=HOST:PORT)."""
import os
import urllib.request

from pieces import main

URL = "http://%s/" % os.environ["CHOOSE_SERVER"]


def piece(n):
    statuses = []
    for _ in range(3):
        with urllib.request.urlopen(URL) as answer:
            answer.read()
            statuses.append(answer.status)
    return statuses


if __name__ == "__main__":
    main(piece)
