//! What the encoding of arguments and results takes, beside postcard, which the pool used before.
//!
//! `cargo bench -p process-pool --bench wire`: ns to encode, and to decode; the medians of rounds that alternate.

use std::collections::HashMap;
use std::fmt::Debug;
use std::hint::black_box;
use std::time::{Duration, Instant};

use process_pool::wire::{self, Value};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Small {
    id: u64,
    name: String,
    weight: f64,
    active: bool,
    parent: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Shape {
    Empty,
    Circle { radius: f64 },
    Path(Vec<(f64, f64)>),
    Group(String, Vec<Shape>),
}

const ROUNDS: usize = 41;
const MI: usize = 1 << 20;

fn main() {
    println!(
        "{:<28}{:>12}{:>12}{:>9}{:>12}{:>12}{:>9}{:>12}{:>12}",
        "ns", "encode", "postcard", "ratio", "decode", "postcard", "ratio", "bytes", "postcard"
    );
    let small = Small { id: 7, name: "worker".to_owned(), weight: 0.5, active: true, parent: Some(3) };
    let shape = Shape::Group(
        "all".to_owned(),
        vec![Shape::Empty, Shape::Circle { radius: 1.5 }, Shape::Path(vec![(0.0, 1.0), (2.0, 3.0)]), Shape::Empty],
    );
    compare("()", &());
    compare("u64", &123_456u64);
    compare("(u64, u64)", &(123_456u64, 7u64));
    compare("String of 20", &"x".repeat(20));
    compare("String of 64 Ki", &"x".repeat(64 << 10));
    compare("struct of 5 fields", &small);
    compare("nested enum", &shape);
    compare("Vec<struct>, 1000", &vec![small; 1000]);
    compare("Vec<enum>, 1000", &vec![shape; 1000]);
    compare("Vec<String>, 1000", &vec!["x".repeat(20); 1000]);
    compare("HashMap<String, u64>, 1000", &(0..1000u64).map(|n| (n.to_string(), n)).collect::<HashMap<_, _>>());
    compare("Vec<u64>, 1 Mi", &Vec::from_iter((0..MI as u64).map(|n| n * n)));
    compare("Vec<f64>, 1 Mi", &vec![0.1f64; MI]);
    compare("Vec<f32>, 1 Mi", &vec![0.1f32; MI]);
    compare("Vec<u8>, 1 Mi", &vec![200u8; MI]);
}

fn compare<T: Value + PartialEq + Debug>(name: &str, value: &T) {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    wire::encode(value, &mut ours).expect("encoded");
    theirs = postcard::to_extend(value, theirs).expect("encoded");
    assert_eq!(&wire::decode::<T>(&ours).expect("decoded"), value);
    let mut buffer = Vec::with_capacity(ours.len().max(theirs.len()));
    let mut times = [const { Vec::new() }; 4];
    let repeat = repetitions(|| drop(black_box(postcard::from_bytes::<T>(&theirs))));
    for _ in 0..ROUNDS {
        times[0].push(per(repeat, || {
            buffer.clear();
            wire::encode(black_box(value), &mut buffer).expect("encoded");
            black_box(&buffer);
        }));
        times[1].push(per(repeat, || {
            buffer.clear();
            buffer = postcard::to_extend(black_box(value), std::mem::take(&mut buffer)).expect("encoded");
            black_box(&buffer);
        }));
        times[2].push(per(repeat, || drop(black_box(wire::decode::<T>(black_box(&ours)).expect("decoded")))));
        times[3].push(per(repeat, || drop(black_box(postcard::from_bytes::<T>(black_box(&theirs)).expect("decoded")))));
    }
    let [encode, encode_before, decode, decode_before] = times.map(median);
    println!(
        "{name:<28}{encode:>12.1}{encode_before:>12.1}{:>9.2}{decode:>12.1}{decode_before:>12.1}{:>9.2}{:>12}{:>12}",
        encode / encode_before,
        decode / decode_before,
        ours.len(),
        theirs.len()
    );
}

/// How often something is done in one go, so that the clock does not matter.
fn repetitions(mut work: impl FnMut()) -> usize {
    let begin = Instant::now();
    work();
    (Duration::from_micros(300).as_nanos() / begin.elapsed().as_nanos().max(1)).clamp(1, 10_000) as usize
}

/// ns for each.
fn per(times: usize, mut work: impl FnMut()) -> f64 {
    let begin = Instant::now();
    (0..times).for_each(|_| work());
    begin.elapsed().as_nanos() as f64 / times as f64
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
