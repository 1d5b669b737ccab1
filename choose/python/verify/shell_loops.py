"""Other programs compute, each for a short time."""
import subprocess

from pieces import main

COMMAND = ["sh", "-c", "i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done; echo $i"]


def piece(n):
    return subprocess.run(COMMAND, stdout=subprocess.PIPE, check=True).stdout


async def async_piece(n):
    import asyncio
    process = await asyncio.create_subprocess_exec(*COMMAND, stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    return out


if __name__ == "__main__":
    main(piece, async_piece)
