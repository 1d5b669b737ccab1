//! The listing: where each version looks, and that our instructions are those of `dis`.

use std::collections::BTreeSet;

use gil_sim::vm::code::Op;
use gil_sim::vm::listing;
use gil_sim::vm::programs;
use gil_sim::vm::thread::Position;
use gil_sim::vm::version::Version;

#[test]
fn versions_look_where_the_listing_says() {
    let program = programs::call();
    let [py2, old, py310, py311, py313, free] = Version::ALL.map(|version| listing::looks(&program, version));
    // The listing has one column for each of these.
    assert_eq!(py2, old);
    assert!(py311 == py313 && py313 == free);
    let names = |looks: &BTreeSet<_>| -> Vec<&str> {
        looks.iter().map(|at: &Position| program.functions[at.function].ops[at.op].name()).collect()
    };
    assert_eq!(names(&py310), ["Resume", "Call", "Call", "JumpBackward", "Resume"]);
    assert_eq!(names(&py311), ["Resume", "Call", "JumpBackward", "Resume"]);
    assert!(old.is_superset(&py310) && py310.is_superset(&py311));
    let fast = |op: Op| matches!(op, Op::LoadConst(_) | Op::LoadFast(_) | Op::StoreFast(_) | Op::PopTop | Op::Return);
    let straight = program.functions[0].ops.iter().filter(|op| !fast(**op)).count();
    assert_eq!(old.iter().filter(|at| at.function == 0).count(), straight);
    let table = listing::table(&program);
    let marks = |column: usize| table.rows.iter().filter(|row| row[column].en == "●").count();
    assert_eq!([3, 4, 5].map(marks), [old.len(), 5, 4]);
}

/// What `dis` of these versions lists for `plain`.
const PLAIN: [(&str, &str); 9] = [
    (
        "2.7",
        "SETUP_LOOP LOAD_GLOBAL LOAD_FAST CALL_FUNCTION GET_ITER FOR_ITER STORE_FAST LOAD_GLOBAL LOAD_CONST INPLACE_ADD STORE_GLOBAL JUMP_ABSOLUTE POP_BLOCK LOAD_CONST RETURN_VALUE",
    ),
    (
        "3.9",
        "LOAD_GLOBAL LOAD_FAST CALL_FUNCTION GET_ITER FOR_ITER STORE_FAST LOAD_GLOBAL LOAD_CONST INPLACE_ADD STORE_GLOBAL JUMP_ABSOLUTE LOAD_CONST RETURN_VALUE",
    ),
    (
        "3.10",
        "LOAD_GLOBAL LOAD_FAST CALL_FUNCTION GET_ITER FOR_ITER STORE_FAST LOAD_GLOBAL LOAD_CONST INPLACE_ADD STORE_GLOBAL JUMP_ABSOLUTE LOAD_CONST RETURN_VALUE",
    ),
    (
        "3.11",
        "RESUME LOAD_GLOBAL LOAD_FAST PRECALL CALL GET_ITER FOR_ITER STORE_FAST LOAD_GLOBAL LOAD_CONST BINARY_OP STORE_GLOBAL JUMP_BACKWARD LOAD_CONST RETURN_VALUE",
    ),
    (
        "3.12",
        "RESUME LOAD_GLOBAL LOAD_FAST CALL GET_ITER FOR_ITER STORE_FAST LOAD_GLOBAL LOAD_CONST BINARY_OP STORE_GLOBAL JUMP_BACKWARD END_FOR RETURN_CONST",
    ),
    (
        "3.13",
        "RESUME LOAD_GLOBAL LOAD_FAST CALL GET_ITER FOR_ITER STORE_FAST LOAD_GLOBAL LOAD_CONST BINARY_OP STORE_GLOBAL JUMP_BACKWARD END_FOR POP_TOP RETURN_CONST",
    ),
    (
        "3.14",
        "RESUME LOAD_GLOBAL LOAD_FAST_BORROW CALL GET_ITER FOR_ITER STORE_FAST LOAD_GLOBAL LOAD_SMALL_INT BINARY_OP STORE_GLOBAL JUMP_BACKWARD END_FOR POP_ITER LOAD_CONST RETURN_VALUE",
    ),
    (
        "3.15",
        "RESUME LOAD_GLOBAL LOAD_FAST_BORROW CALL GET_ITER FOR_ITER STORE_FAST LOAD_GLOBAL LOAD_SMALL_INT BINARY_OP STORE_GLOBAL JUMP_BACKWARD END_FOR POP_ITER LOAD_COMMON_CONSTANT RETURN_VALUE",
    ),
    // Wrong: the addition before the load of 1.
    (
        "wrong",
        "RESUME LOAD_GLOBAL LOAD_FAST CALL GET_ITER FOR_ITER STORE_FAST LOAD_GLOBAL BINARY_OP LOAD_CONST STORE_GLOBAL JUMP_BACKWARD END_FOR POP_TOP RETURN_CONST",
    ),
];

#[test]
fn our_instructions_are_those_of_dis() {
    let program = programs::plain();
    let code = &program.functions[0];
    for (version, dis) in PLAIN {
        let dis: Vec<&str> = dis.split(' ').collect();
        let aligned = listing::align(code, &dis);
        if version == "wrong" {
            assert_eq!(aligned, Err("BINARY_OP"));
            continue;
        }
        let aligned = aligned.unwrap();
        assert_eq!(aligned.len(), dis.len());
        let at = |name| &aligned[dis.iter().position(|dis| *dis == name).unwrap()][..];
        assert_eq!((at("STORE_GLOBAL"), aligned.last().unwrap().last()), (&[10][..], Some(&13)), "{version}");
        // What is cut short has not everything.
        assert!(listing::align(code, &dis[..dis.len() - 1]).is_err(), "{version}");
    }
}
