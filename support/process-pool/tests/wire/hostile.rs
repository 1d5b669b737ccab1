//! Garbage: it is accepted or refused, without a panic, and without more memory than it is worth.
#![allow(unsafe_code, reason = "an allocator that counts")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;

use process_pool::wire;
use proptest::prelude::*;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Counts what this thread has allocated at most.
struct Counted;

thread_local! {
    static NOW: Cell<isize> = const { Cell::new(0) };
    static MOST: Cell<isize> = const { Cell::new(0) };
}

fn count(bytes: isize) {
    let _ = NOW.try_with(|now| {
        now.set(now.get() + bytes);
        MOST.with(|most| most.set(most.get().max(now.get())));
    });
}

// SAFETY: all is done by the system's allocator.
unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        count(-(layout.size() as isize));
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counted = Counted;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Record {
    id: u64,
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    parent: Option<Box<Record>>,
    #[serde(flatten)]
    kind: Kind,
    values: Vec<Many>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
enum Kind {
    A { list: Vec<f32> },
    B(BTreeMap<String, Many>),
    C,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Many {
    Number(i64),
    Text(String),
    Chars(Vec<char>),
    Bools(Vec<bool>),
    Wide((u64, Option<Option<bool>>)),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Large([[u64; 16]; 8]);

/// Decodes the bytes as several types.
fn decode_all(bytes: &[u8]) {
    macro_rules! as_each {
        ($($type:ty),*) => {$(
            let before = NOW.with(Cell::get);
            MOST.with(|most| most.set(before));
            drop(std::hint::black_box(wire::decode::<$type>(bytes)));
            let most = MOST.with(Cell::get) - before;
            // A sequence is reserved if it has a byte for each element, and of that 1 MiB at most; `Large` has 1 KiB.
            let fair = 4096 + 1200 * bytes.len().min(1000) as isize + 100 * bytes.len() as isize;
            assert!(most <= fair, "{most} bytes for {} of {}", stringify!($type), bytes.len());
        )*};
    }
    as_each!(
        (), bool, u8, u64, i128, f32, char, String, Vec<u8>, Vec<bool>, Vec<char>, Vec<u128>, Vec<()>, Vec<String>,
        Vec<Vec<Vec<u16>>>, HashMap<String, u8>, HashSet<(u8, String)>, BTreeMap<Option<u8>, Vec<f64>>, PathBuf, Record,
        Kind, Many, Vec<Record>, Vec<Many>, Value, Option<Option<()>>, Result<u8, String>, Vec<Option<Kind>>, Vec<Large>,
        std::time::Duration, std::net::IpAddr
    );
    // Not what pools send, but every value is skipped where a field is not known.
    let _ = std::hint::black_box(wire::decode::<Skipped>(bytes));
}

/// Reads any value.
struct Skipped;

impl<'de> Deserialize<'de> for Skipped {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Skipped, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Skipped)
    }
}

impl Serialize for Skipped {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit()
    }
}

fn number(mut n: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while n >= 0x80 {
        bytes.push(n as u8 | 0x80);
        n >>= 7;
    }
    bytes.push(n as u8);
    bytes
}

/// Inputs that caused trouble, or could. None is a value.
fn corpus() -> Vec<(&'static str, Vec<u8>)> {
    let claim = |head: &[u8], n: u64, rest: &[u8]| [head, &number(n), rest].concat();
    let mut corpus = vec![
        ("nothing", vec![]),
        ("no such tag", vec![24]),
        ("an integer too long", vec![48 + 9, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
        ("an integer of 2 bytes with 3", vec![32 + 3, 1, 2, 3]),
        ("an integer cut short", vec![48 + 8, 1, 2]),
        ("2^40 units", claim(&[12], 1 << 40, &[2])),
        ("2^64 - 1 units", claim(&[12], u64::MAX, &[])),
        ("a run of 2^40 bytes", claim(&[14, 5], 1 << 40, &[1, 2, 3])),
        ("a run of 2^61 f64: their bytes overflow", claim(&[14, 8], 1 << 61, &[0; 64])),
        ("a run of units", claim(&[14, 2], 1 << 40, &[])),
        ("a run of sequences", claim(&[14, 12], 3, &[0; 64])),
        ("a run of bools that are none", claim(&[14, 3], 3, &[0, 1, 2])),
        ("a run of chars that are none", claim(&[14, 9], 1, &[0, 0xd8, 0, 0])),
        ("a char that is none", vec![9, 0xff, 0xff, 0xff, 0xff]),
        ("a text of 2^63 bytes", claim(&[10], 1 << 63, b"x")),
        ("a text that is not UTF-8", claim(&[10], 2, &[0xff, 0xfe])),
        ("bytes that are cut short", claim(&[11], 9, b"x")),
        ("a number without end", vec![10, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
        ("an open sequence without end", vec![16, 4, 4, 4]),
        ("an end without a beginning", vec![19]),
        ("a map of 2^50 entries", claim(&[17], 1 << 50, &[4, 4])),
        ("a map without its last value", claim(&[17], 1, &[4])),
        ("a struct of 2^50 fields", claim(&[20], 1 << 50, &[2, b'a', 4])),
        ("a name that refers to itself", vec![20, 1, 1 | 2 << 1, 4]),
        ("a name that refers ahead", vec![20, 1, 1 | 9 << 1, 4, 2, b'a', 4, 4, 4, 4, 4]),
        ("a name that refers behind the end", claim(&[20, 1], u64::MAX, &[4])),
        ("a name that refers to a reference", vec![20, 2, 2 | 1, 4, 1 | 2 << 1, 4]),
        ("a name that is not UTF-8", vec![20, 1, 2, 0xff, 4]),
        ("a variant without a value", vec![22, 2, b'A']),
        ("a variant without a name", vec![21]),
        ("some of nothing", vec![1]),
        ("two values", vec![4, 4]),
    ];
    // Each way to nest, too deeply.
    for (why, level) in [
        ("some", &[1][..]),
        ("opaque", &[23]),
        ("sequences", &[12, 1]),
        ("open sequences", &[16]),
        ("tuples", &[13, 1]),
        ("maps", &[17, 1, 4]),
        ("keys", &[17, 1]),
        ("open maps", &[18]),
        ("structs", &[20, 1, 2, b'a']),
        ("variants", &[22, 2, b'A']),
    ] {
        corpus.push((why, level.repeat(100_000)));
    }
    corpus
}

#[test]
fn the_corpus_is_refused() {
    for (why, bytes) in corpus() {
        decode_all(&bytes);
        assert!(wire::decode::<Skipped>(&bytes).is_err(), "{why}");
        assert!(wire::decode::<Value>(&bytes).is_err(), "{why}");
    }
    // The correct twin.
    assert!(wire::decode::<Value>(&[12, 2, 2, 4]).is_ok());
    assert!(wire::decode::<Skipped>(&[2]).is_ok());
}

/// A short name that is referred to again and again stands for little memory.
#[test]
fn references_do_not_multiply_memory() {
    let name = [b'n'; 63];
    let mut bytes = vec![12];
    bytes.extend(number(1001));
    bytes.extend([20, 1, 63 << 1]);
    bytes.extend(name);
    bytes.push(4);
    for _ in 0..1000 {
        bytes.extend([20, 1]);
        bytes.extend(number(5 << 1 | 1));
        bytes.push(4);
    }
    decode_all(&bytes);
    let maps = wire::decode::<Maps>(&bytes).unwrap_err();
    assert!(maps.contains("disagree"), "{maps}");
    bytes[5] = 64 << 1;
    assert!(wire::decode::<Maps>(&bytes).is_err());
}

type Maps = Vec<HashMap<String, bool>>;

fn records() -> Vec<u8> {
    let kind = Kind::B(BTreeMap::from([("k".to_owned(), Many::Chars(vec!['a', 'ü']))]));
    let one = Record { id: 300, name: "one".to_owned(), parent: None, kind, values: vec![Many::Number(-1)] };
    let kind = Kind::A { list: vec![1.5; 5] };
    let values = vec![Many::Bools(vec![true, false]), Many::Wide((u64::MAX, Some(None))), Many::Text("t".to_owned())];
    let two = Record { id: 0, name: String::new(), parent: Some(Box::new(one.clone())), kind, values };
    let mut bytes = Vec::new();
    wire::encode(&vec![one, two], &mut bytes).unwrap_or_else(|why| panic!("{why}"));
    bytes
}

#[test]
fn a_damaged_value_is_accepted_or_refused() {
    let whole = records();
    wire::decode::<Vec<Record>>(&whole).unwrap();
    for end in 0..whole.len() {
        assert!(wire::decode::<Vec<Record>>(&whole[..end]).is_err());
    }
    let mut accepted = 0;
    for at in 0..whole.len() {
        for to in 0..=255 {
            let mut bytes = whole.clone();
            bytes[at] = to;
            accepted += usize::from(wire::decode::<Vec<Record>>(&bytes).is_ok());
        }
    }
    assert!(accepted > whole.len(), "some bytes are content: {accepted}");
}

/// Bytes that look like values: mostly tags and small numbers.
fn likely() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![4 => 0..24u8, 2 => 32..160u8, 1 => any::<u8>()];
    proptest::collection::vec(byte, 0..200)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_accepted_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        decode_all(&bytes);
    }

    #[test]
    fn likely_bytes_are_accepted_or_refused(bytes in likely()) {
        decode_all(&bytes);
    }

    #[test]
    fn shuffled_values_are_accepted_or_refused(
        cuts in proptest::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 1..6)
    ) {
        let whole = records();
        let pieces = cuts.iter().flat_map(|(a, b)| {
            let (a, b) = (a.index(whole.len()), b.index(whole.len()));
            whole[a.min(b)..a.max(b)].iter().copied()
        });
        decode_all(&pieces.collect::<Vec<u8>>());
    }
}
