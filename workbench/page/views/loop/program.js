// The Python program that a setting stands for. Each line may have the word by which the model says where a task is.

/** Lines of `[text, tasks it belongs to, word of the model]`. */
export function program(s) {
    const seconds = (ms) => (ms / 1000).toFixed(3);
    const lines = [
        ['async def heartbeat():'],
        ['    while True:'],
        [`        await asyncio.sleep(${seconds(s.beat)})`, 'heartbeat', 'await'],
        ['        beat()', 'heartbeat', 'beat'],
        [''],
    ];
    if (s.clients > 0) {
        lines.push(
            ['async def client():'],
            ['    while True:'],
            [`        answer = await ask()  # ${s.answer} ms`, 'client', 'await'],
            ['        use(answer)', 'client', 'use'],
            [''],
        );
    }
    lines.push(['async def compute():'], ['    await asyncio.sleep(0.020)', 'compute', 'start']);
    if (s.how === 'yield') {
        lines.push(
            ['    while not done:'],
            [`        work(ms=${s.slice})`, 'compute', 'slice'],
            ['        await asyncio.sleep(0)', 'compute', 'yields'],
        );
    } else if (s.how === 'to_thread') {
        lines.push([`    await asyncio.to_thread(work, ms=${s.compute})`, 'compute', 'thread']);
    } else {
        lines.push([`    work(ms=${s.compute})`, 'compute', 'compute']);
    }
    lines.push(['']);
    if (s.how === 'second_loop') {
        lines.push(['Thread(target=asyncio.run, args=[compute()]).start()']);
    }
    return lines;
}

/** The word of the line at which a task is at a moment: what it computes, or what it awaits. */
export function places(moment) {
    const all = new Map();
    for (const loop of moment.loops) {
        loop.timers.forEach((t) => all.set(t.task, t.task.startsWith('compute') ? 'start' : 'await'));
        loop.waits.forEach((w) => all.set(w.task, w.what === 'thread' ? 'thread' : 'await'));
        if (loop.running?.line) {
            all.set(loop.running.task, loop.running.line === 'done' ? '' : loop.running.line);
        }
    }
    return all;
}
