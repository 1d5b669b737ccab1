// What the loop's view says: the names of tasks and threads, and what happened at each moment.

import { text } from '../../text.js';

const NAMES = {
    heartbeat: ['하트비트', 'heartbeat'],
    client: ['클라이언트', 'client'],
    compute: ['계산', 'compute'],
    worker: ['작업 스레드', 'worker thread'],
    loop: ['루프 스레드', 'loop thread'],
};

/** The name of a task or a thread of the model, with its number if it has one. */
export function nameOf(id) {
    const [kind, number] = id.split(' ');
    const [ko, en] = NAMES[kind];
    return number ? text(`${ko} ${number}`, `${en} ${number}`) : text(ko, en);
}

/** "12.4 ms" */
export function ms(n) {
    return `${n.toFixed(n < 10 ? 1 : 0)} ms`;
}

/** What happened at a moment. */
export function happened(moment) {
    const task = moment.task ? nameOf(moment.task) : text('', '');
    const thread = moment.thread ? nameOf(moment.thread) : text('', '');
    switch (moment.kind) {
        case 'pass': {
            const loop = moment.loops.find((l) => l.name === moment.thread);
            const n = loop.ready.length;
            return text(
                `${thread.ko}: ${loop.passes}번째 순회를 시작합니다. 시간이 된 타이머와 도착한 응답이 큐로 옮겨졌고, 이번 순회에서는 큐에 있는 ${n}개만 실행합니다.`,
                `${thread.en}: pass ${loop.passes} begins. Timers that are due and answers that have come are in the queue now; this pass runs the ${n} that are in it, and no more.`,
            );
        }
        case 'wakes':
            return text(
                `${task.ko} 태스크가 기다리던 것이 끝났습니다. 태스크는 큐의 맨 뒤에 서고, 다음 순회에서 실행됩니다.`,
                `What the task "${task.en}" waited for is done. The task goes to the end of the queue and runs in the next pass.`,
            );
        case 'step':
            return text(
                `${task.ko} 태스크를 다음 await까지 실행합니다. 그동안 이 루프의 다른 것은 아무것도 실행되지 않습니다.`,
                `The task "${task.en}" runs up to its next await. Meanwhile nothing else of this loop runs.`,
            );
        case 'arrives':
            return text(
                `${task.ko}의 응답이 왔습니다. 루프가 다음에 select를 호출할 때 알게 됩니다.`,
                `The answer for "${task.en}" has come. The loop learns of it in its next select.`,
            );
        case 'computed':
            return text(
                `작업 스레드가 계산을 마치고(${task.ko}) call_soon_threadsafe로 루프에 알립니다.`,
                `The worker thread has finished "${task.en}" and tells the loop by call_soon_threadsafe.`,
            );
        case 'started':
            return text(
                `${task.ko} 태스크의 작업 스레드가 실행되기 시작했습니다. Thread.start는 이때까지 기다리고, 그동안 루프도 멈춥니다.`,
                `The worker thread of "${task.en}" runs now. Thread.start waits for that, and the whole loop with it.`,
            );
        case 'sleeps':
            if (moment.loops.some((l) => l.name === moment.thread && l.running)) {
                return text(
                    `${thread.ko}: 새 스레드가 시작될 때까지 기다립니다(Thread.start).`,
                    `${thread.en}: waits until the new thread has started (Thread.start).`,
                );
            }
            return text(
                `${thread.ko}: 실행할 것이 없습니다. 가장 이른 타이머나 응답까지 select에서 잠듭니다.`,
                `${thread.en}: nothing to run. It sleeps in select until the first timer or answer.`,
            );
        case 'waits':
            return text(`${thread.ko}: 깨어났지만 GIL을 기다려야 합니다.`, `${thread.en}: awake, but has to wait for the GIL.`);
        case 'asks': {
            const of = nameOf(moment.of);
            return text(
                `${thread.ko}: 전환 간격만큼 기다렸으므로 GIL을 요청합니다(쥔 스레드: ${of.ko}).`,
                `${thread.en}: has waited for a switch interval and asks for the GIL (held by: ${of.en}).`,
            );
        }
        case 'forced':
            return text(`${thread.ko}: 요청을 받고 GIL을 놓았습니다.`, `${thread.en}: was asked, and has released the GIL.`);
        case 'ended':
            return text(`${thread.ko}: 끝났습니다.`, `${thread.en}: has ended.`);
        default:
            return text('', '');
    }
}

/** Where the task computes. */
export const HOW = {
    inline: text('태스크 안에서 그대로', 'in the task itself'),
    yield: text('조금씩, 중간에 양보', 'in slices, with a yield'),
    to_thread: text('asyncio.to_thread', 'asyncio.to_thread'),
    second_loop: text('두 번째 루프', 'a second loop'),
};

export const SETTINGS = {
    compute: text('계산 시간', 'time of a computation'),
    tasks: text('계산하는 태스크', 'tasks that compute'),
    slice: text('양보할 때까지 계산하는 시간', 'computing time between two yields'),
    beat: text('하트비트 주기', 'period of the heartbeat'),
    clients: text('응답을 기다리는 태스크', 'tasks that wait for answers'),
    answer: text('응답이 올 때까지', 'time until an answer'),
    interval: text('전환 간격', 'switch interval'),
};

/** What each way shows. */
export const LESSONS = {
    inline: {
        gil: text(
            '태스크가 계산하는 동안 루프의 다른 태스크는 실행될 수 없습니다. GIL 때문이 아니라, 루프의 스레드가 하나뿐이기 때문입니다.',
            'While the task computes, no other task of the loop can run. That is not the GIL: the loop has only one thread.',
        ),
        free: text(
            'GIL을 없애도 달라지는 것이 없습니다. 스레드가 하나뿐이면 GIL을 두고 경합할 상대도 없습니다.',
            'Without the GIL nothing changes: where there is one thread, nobody competes for the GIL.',
        ),
    },
    yield: {
        gil: text(
            '양보할 때마다 큐에 있던 태스크가 실행됩니다. 하트비트는 몇 조각만큼만 늦지만, 계산은 그만큼 더 늦게 끝납니다. 스레드가 하나이므로 GIL은 상관없습니다.',
            'At each yield the tasks in the queue run. The heartbeat is late by a few slices at most; the computing is done later by what the others take. One thread: the GIL makes no difference.',
        ),
        free: text(
            'GIL이 없어도 똑같습니다. 양보는 스레드 하나의 시간을 나눌 뿐입니다.',
            'The same without a GIL: a yield only divides the time of one thread.',
        ),
    },
    to_thread: {
        gil: text(
            '루프는 막히지 않습니다. 그러나 작업 스레드가 GIL을 쥐고 계산하므로, 루프는 스레드를 시작할 때와 깨어날 때마다 최대 전환 간격만큼(작업 스레드가 여럿이면 그보다 더) GIL을 기다립니다. 작업 스레드를 늘려도 계산은 빨라지지 않습니다.',
            'The loop is not blocked. But the worker thread holds the GIL while it computes, so the loop waits for the GIL when it starts a thread and at each wake-up: up to a switch interval, and longer with several workers. More workers do not compute faster.',
        ),
        free: text(
            '루프와 작업 스레드가 각자의 코어에서 동시에 실행됩니다. 하트비트는 계산의 영향을 받지 않고, 계산하는 태스크가 여럿이면 함께 끝납니다.',
            'The loop and the worker threads run at the same time, each on a core of its own. The computing does not delay the heartbeat, and several computations are done together.',
        ),
    },
    second_loop: {
        gil: text(
            '첫 번째 루프는 막히지 않지만 깨어날 때마다 GIL을 기다립니다. 두 번째 루프의 하트비트는 계산이 끝날 때까지 멈춥니다. 문제를 옮겼을 뿐입니다.',
            'The first loop is not blocked, but waits for the GIL at each wake-up. The heartbeat of the second loop stands still until the computing is done: the problem has only moved.',
        ),
        free: text(
            '첫 번째 루프는 아무 영향도 받지 않습니다. 두 번째 루프의 하트비트는 GIL이 없어도 계산이 끝날 때까지 멈춥니다.',
            'The first loop notices nothing. The heartbeat of the second loop stands still until the computing is done, with or without a GIL.',
        ),
    },
};
