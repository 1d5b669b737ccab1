// A hint for each level: what to look for, not the schedule.

import { text } from '../../text.js';

export const HINTS = {
    'break-1': text(
        '확인(load)과 쓰기(store)는 서로 다른 연산입니다. 한 스레드가 확인한 뒤, 쓰기 전에 다른 스레드도 확인하게 하십시오.',
        'The check (load) and the set (store) are two operations. Let the other thread check after the first has checked, and before it sets.',
    ),
    'break-2': text(
        '먼저 잠들어야 할 스레드가 있습니다. 아무것도 없는 버퍼에서 무엇이 일어납니까? 그 스레드를 누가 깨웁니까?',
        'One thread has to sleep first. What happens at a buffer with nothing in it, and who wakes the thread that waits there?',
    ),
    'break-3': text(
        '깨어난 스레드는 락이 비어 있는지 다시 확인하지 않습니다. 깨우는 것과 실행되는 것 사이에 세 번째 스레드를 끼워 넣으십시오.',
        'A thread that was woken does not look again whether the lock is free. Put the third thread between its being woken and its running.',
    ),
    'break-4': text(
        '신호는 이미 잠든 스레드만 깨우고, 저장되지 않습니다. a를 신호를 보내는 연산까지 실행한 다음(locked는 아직 true), b를 잠들 때까지 실행하고, 그다음에 a를 끝까지 실행하십시오. 그러면 누가 b를 깨웁니까?',
        'A signal wakes only a thread that sleeps already, and it is not kept. Run a up to and including its signal (locked is still true), then b until it sleeps, then a to its end. Who wakes b now?',
    ),
    'break-5': text(
        '요청은 drop_request에 남습니다. 요청을 받고 락을 넘겨받은 스레드가 그것을 보게 하십시오. 먼저 !b로 b의 시간을 만료시키십시오.',
        'The request stays in drop_request. Let the thread that has got the lock see it. First let the time of b run out (!b).',
    ),
    'break-6': text(
        'a가 요청을 받고 락을 놓게 한 다음, b를 실행하지 말고 a를 계속 실행하십시오.',
        'Let a release the lock on request; then do not run b, but a again.',
    ),
    'break-7': text(
        'b가 요청한 뒤에 인터프리터가 끝나기 시작하게 하고, b의 시간이 한 번 더 만료되어 포기하게 하십시오. 남은 요청은 누가 봅니까?',
        'Let b ask, then let the interpreter begin to end, and let the time of b run out once more, so that it gives up. Who sees the request that is left?',
    ),
    'break-8': text(
        '7단계와 같지만, b는 뮤텍스를 놓은 다음에 요청을 철회합니다. 그 사이에 a가 요청을 보고 락을 놓은 뒤, b가 철회하고, a가 마지막으로 기다리러 가게 하십시오. 길이는 40차례 가까이 됩니다.',
        'As level 7, but b withdraws its request after it has unlocked the mutex. In between let a see the request and release the lock; then b withdraws, and a goes to wait. It takes almost forty turns.',
    ),
    'reach-1': text('a가 락을 획득할 때까지 a만 실행하고, 그다음 b만 실행하십시오.', 'Run only a until it has the lock, then only b.'),
    'reach-2': text('b를 먼저 실행하십시오.', 'Run b first.'),
    'reach-3': text('a가 먼저 락을 쥐어야 합니다.', 'a has to take the lock first.'),
    'reach-4': text('b가 잠든 다음 a가 락을 놓게 하고, b 대신 c를 실행하십시오. 그러고 나서 b를 실행하십시오.', 'Let b fall asleep and a release the lock; then run c instead of b, and b after it.'),
    'reach-5': text('a가 쥐고 있을 때 b를 실행하십시오.', 'Run b while a holds it.'),
    'reach-6': text('b의 시간이 만료되어야(!b) 요청합니다. a는 계산한 다음에야 요청을 봅니다.', 'b asks when its time runs out (!b). a sees a request only after it has computed.'),
    'reach-7': text('b만 요청하게 하십시오. a가 놓은 뒤에 누구를 실행합니까?', 'Only b may ask. Whom do you run when a has released the lock?'),
    'reach-8': text('a는 마지막으로 계산한 뒤에는 요청을 확인하지 않습니다. b는 언제 요청해야 합니까?', 'After its last turn of computing a does not look. When must b ask?'),
};

const NOTHING = text('', '');
const ONLY_STARTED = text(
    '. 이 차례는 스레드를 시작할 뿐이고, 락의 첫 연산은 다음 차례에 합니다.',
    '. This turn only starts the thread: its next turn does the first operation of the lock.',
);
const WAKES_NOBODY = text(
    '. 잠든 스레드가 없어 이 신호는 아무도 깨우지 않습니다. 신호는 저장되지 않으므로, 이다음에 잠드는 스레드는 이 신호를 받지 못합니다.',
    '. No thread sleeps, so this signal wakes nobody. It is not kept: a thread that falls asleep after it does not get it.',
);

/** What beginners miss about the last turn; `before` is what was before it. */
export function remarkOn(last, steps, before) {
    if (last.lines.length === 0 && steps.filter((step) => step.thread === last.thread).length === 1) {
        return ONLY_STARTED;
    }
    // A semaphore keeps its signal; a condition variable does not.
    return last.did.en.includes('notify') && before && !before.threads.some((thread) => thread.place === 'asleep') ? WAKES_NOBODY : NOTHING;
}
