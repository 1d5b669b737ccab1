"""Other programs are started and waited for."""
import subprocess

from pieces import main

COMMAND = ["sh", "-c", "sleep 0.12; echo done"]


def piece(n):
    return subprocess.run(COMMAND, stdout=subprocess.PIPE, check=True).stdout


async def async_piece(n):
    import asyncio
    process = await asyncio.create_subprocess_exec(*COMMAND, stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    return out


if __name__ == "__main__":
    main(piece, async_piece)
