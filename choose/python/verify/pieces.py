"""Runs the pieces of one of these programs in the way that the command line names: PROGRAM MODE PIECES WORKERS.

Prints a digest of all results, which must be the same in every mode.
"""
import hashlib
import sys


def in_sequence(piece, numbers, workers):
    return [piece(n) for n in numbers]


def in_threads(piece, numbers, workers):
    from concurrent.futures import ThreadPoolExecutor
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(piece, numbers))


def in_processes(piece, numbers, workers):
    from concurrent.futures import ProcessPoolExecutor
    with ProcessPoolExecutor(workers) as pool:
        return list(pool.map(piece, numbers))


def in_tasks(piece, numbers, async_piece):
    import asyncio

    async def call(n):
        # Without an async form the piece runs on the loop's thread, as it would if nobody took care.
        return await async_piece(n) if async_piece else piece(n)

    async def gather():
        return await asyncio.gather(*(call(n) for n in numbers))

    return asyncio.run(gather())


def main(piece, async_piece=None):
    mode, pieces, workers = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    numbers = range(pieces)
    if mode == "asyncio":
        results = in_tasks(piece, numbers, async_piece)
    else:
        ways = {"sequence": in_sequence, "threads": in_threads, "processes": in_processes}
        results = ways[mode](piece, numbers, workers)
    digest = hashlib.md5()
    for result in results:
        # To read all of a large result would be work that the program does not have otherwise.
        shown = (len(result), result[:64], result[-64:]) if isinstance(result, bytes) else result
        digest.update(repr(shown).encode())
    print(digest.hexdigest())
