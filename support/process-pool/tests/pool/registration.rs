//! Tasks that are declared where they are used.

use std::collections::BTreeSet;

use process_pool::task;

use crate::basics::pool;

crate::tests![
    a_task_of_a_function_runs,
    a_closure_at_the_call_runs,
    tasks_of_the_same_name_are_different_tasks,
    names_tell_where_a_task_is,
];

fn a_task_of_a_function_runs() {
    task! {
        static DOUBLE: fn(u64) -> u64 = |n| 2 * n;
        static LENGTH: fn(String) -> usize = |text| text.len();
    }
    let pool = pool(1);
    assert_eq!(pool.call(&DOUBLE, &21), Ok(42));
    assert_eq!(pool.call(&LENGTH, &"four".to_owned()), Ok(4));
}

fn a_closure_at_the_call_runs() {
    let pool = pool(2);
    let cubes = pool.map(task!(|n: u64| -> u64 { n * n * n }), 0..1000);
    assert_eq!(cubes, (0..1000).map(|n| Ok(n * n * n)).collect::<Vec<_>>());
    // Two on one line, and patterns.
    let (sum, unit) = (task!(|(a, b): (u64, u64)| -> u64 { a + b }), task!(|(): ()| -> bool { true }));
    assert_eq!((pool.call(sum, &(2, 3)), pool.call(unit, &())), (Ok(5), Ok(true)));
}

mod one {
    process_pool::task! { pub static SAME: fn(()) -> u8 = |()| 1; }
}

mod other {
    process_pool::task! { pub static SAME: fn(()) -> u8 = |()| 2; }
}

fn local_one() -> &'static process_pool::Task<(), u8> {
    task! { static SAME: fn(()) -> u8 = |()| 3; }
    &SAME
}

fn local_other() -> &'static process_pool::Task<(), u8> {
    task! { static SAME: fn(()) -> u8 = |()| 4; }
    &SAME
}

fn tasks_of_the_same_name_are_different_tasks() {
    let pool = pool(1);
    let answers = [&one::SAME, &other::SAME, local_one(), local_other()].map(|task| pool.call(task, &()));
    assert_eq!(answers, [Ok(1), Ok(2), Ok(3), Ok(4)]);
}

fn names_tell_where_a_task_is() {
    let names: Vec<&str> = process_pool::__private::TASKS.iter().map(|task| task.name()).collect();
    for name in ["pool::tasks::SQUARE", "pool::registration::one::SAME", "pool::registration::other::SAME"] {
        assert_eq!(names.iter().filter(|known| **known == name).count(), 1, "{name} in {names:?}");
    }
    let closures: BTreeSet<&str> = names
        .iter()
        .filter(|name| name.starts_with("pool::registration:") && name.ends_with(char::is_numeric))
        .copied()
        .collect();
    assert_eq!(closures.len(), 3, "each has a name of its own: {names:?}");
}
