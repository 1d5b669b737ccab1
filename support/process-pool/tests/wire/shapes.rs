//! A torture set: every attribute of serde, and what else types are made of.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, LinkedList, VecDeque};
use std::ffi::{CString, OsString};
use std::marker::PhantomData;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::num::{NonZeroI128, NonZeroU8, Saturating, Wrapping};
use std::ops::{Bound, Range, RangeInclusive};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use serde::de::{MapAccess, Visitor};
use serde::ser::{SerializeMap, SerializeSeq, SerializeStruct};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Value, json};

use crate::{Outcome, arrives, refused, send, send_by_postcard};

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
enum Level {
    Low,
    #[serde(skip)]
    Internal,
    High,
    Top,
}

fn one() -> u8 {
    1
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct SkipIf {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    a: Option<u8>,
    b: u8,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    c: Vec<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    d: Option<Option<String>>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "SCREAMING-KEBAB-CASE", deny_unknown_fields)]
struct Renamed {
    some_field: u8,
    #[serde(rename = "🦀 ", alias = "z")]
    other: String,
    #[serde(skip)]
    cache: u32,
    #[serde(skip_serializing, skip_deserializing)]
    twice: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Inner {
    x: i64,
    shape: Option<Plain>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Plain {
    Unit,
    New(u64),
    Tuple(u8, String),
    Struct { a: f64, b: Option<()> },
    Empty {},
    None(),
    Deep(Box<Plain>),
    Bytes(#[serde(with = "as_bytes")] Vec<u8>),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Flat {
    id: u8,
    #[serde(flatten)]
    inner: Inner,
    #[serde(flatten)]
    kind: Plain,
    #[serde(flatten)]
    maybe: Option<Extra>,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Extra {
    extra: [f32; 2],
    unit: (),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
enum Tagged {
    Unit,
    New(Inner),
    Map(BTreeMap<String, u8>),
    Struct { at: Duration, address: IpAddr, level: Level },
    Nested(Box<Tagged2>),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Tagged2 {
    A { list: Vec<Tagged>, flat: Option<Flat> },
    B,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "t", content = "c")]
enum Adjacent {
    Unit,
    New(u8),
    Tuple(u8, u128),
    Struct { a: Option<Option<u8>> },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Unit,
    Bool(bool),
    Number(i64),
    Float(f64),
    Text(String),
    Pair(u8, String),
    Struct { a: u8, level: Level },
    Either(Plain),
    Many(Vec<Untagged>),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum WithOther {
    Known,
    #[serde(other)]
    Unknown,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
struct Transparent {
    inner: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Converted {
    #[serde(with = "as_text")]
    number: u64,
    #[serde(serialize_with = "as_text::serialize", deserialize_with = "as_text::deserialize")]
    again: u64,
    #[serde(with = "as_bytes")]
    bytes: Vec<u8>,
    #[serde(default = "one", skip_serializing_if = "is_one")]
    one: u8,
}

fn is_one(n: &u8) -> bool {
    *n == 1
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "(u8, u8)", into = "(u8, u8)")]
struct Into2 {
    a: u8,
    b: u8,
}

impl From<(u8, u8)> for Into2 {
    fn from((a, b): (u8, u8)) -> Into2 {
        Into2 { a, b }
    }
}

impl From<Into2> for (u8, u8) {
    fn from(both: Into2) -> (u8, u8) {
        (both.a, both.b)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
struct Tried(u16);

impl TryFrom<String> for Tried {
    type Error = std::num::ParseIntError;

    fn try_from(text: String) -> Result<Tried, Self::Error> {
        text.parse().map(Tried)
    }
}

impl From<Tried> for String {
    fn from(tried: Tried) -> String {
        tried.0.to_string()
    }
}

mod as_text {
    use super::*;

    pub fn serialize<S: Serializer>(n: &u64, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(n)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

mod as_bytes {
    use super::*;

    pub fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_bytes(bytes)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        struct Bytes;
        impl Visitor<'_> for Bytes {
            type Value = Vec<u8>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
                Ok(bytes.to_vec())
            }
        }
        from.deserialize_bytes(Bytes)
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
struct Unit;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Empty {}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Meters(f64);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Tuple(u8, Meters, String);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Generic<T> {
    r#type: T,
    phantom: PhantomData<T>,
}

/// A sequence whose length is not known before.
#[derive(Clone, Debug, PartialEq)]
struct Lazy(Vec<Option<u16>>);

impl Serialize for Lazy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut seq = serializer.serialize_seq(None)?;
        self.0.iter().try_for_each(|item| seq.serialize_element(item))?;
        seq.end()
    }
}

impl<'de> Deserialize<'de> for Lazy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Lazy, D::Error> {
        Vec::deserialize(deserializer).map(Lazy)
    }
}

/// A map whose length is not known before.
#[derive(Clone, Debug, PartialEq)]
struct LazyMap(BTreeMap<char, Vec<i8>>);

impl Serialize for LazyMap {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (key, value) in &self.0 {
            map.serialize_key(key)?;
            map.serialize_value(value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for LazyMap {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<LazyMap, D::Error> {
        BTreeMap::deserialize(deserializer).map(LazyMap)
    }
}

/// As serde_json writes numbers with its feature `arbitrary_precision`.
#[derive(Clone, Debug, PartialEq)]
struct Digits(String);

const DIGITS: &str = "$serde_json::private::Number";

impl Serialize for Digits {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut digits = serializer.serialize_struct(DIGITS, 1)?;
        digits.serialize_field(DIGITS, &self.0)?;
        digits.end()
    }
}

impl<'de> Deserialize<'de> for Digits {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Digits, D::Error> {
        struct Number;
        impl<'de> Visitor<'de> for Number {
            type Value = Digits;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a number")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Digits, A::Error> {
                let (key, value): (String, String) = map.next_entry()?.unwrap();
                assert_eq!(key, DIGITS);
                Ok(Digits(value))
            }
        }
        deserializer.deserialize_any(Number)
    }
}

/// More fields than are remembered, some with names too long to be.
#[derive(Clone, Debug, PartialEq)]
struct Wide(Vec<u32>);

const WIDE: usize = 100;

fn wide_names() -> &'static [&'static str] {
    static NAMES: std::sync::OnceLock<Vec<&'static str>> = std::sync::OnceLock::new();
    let name = |n: usize| &*Box::leak(format!("f{n}").repeat(1 + n % 9 * 9).into_boxed_str());
    NAMES.get_or_init(|| (0..WIDE).map(name).collect())
}

impl Serialize for Wide {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut all = serializer.serialize_struct("Wide", WIDE)?;
        for (name, n) in wide_names().iter().zip(&self.0) {
            all.serialize_field(name, n)?;
        }
        all.end()
    }
}

impl<'de> Deserialize<'de> for Wide {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Wide, D::Error> {
        let fields = BTreeMap::<String, u32>::deserialize(deserializer)?;
        Ok(Wide(wide_names().iter().map(|name| fields[*name]).collect()))
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct List(Option<Box<List>>);

fn list(levels: usize) -> List {
    (0..levels).fold(List(None), |rest, _| List(Some(Box::new(rest))))
}

/// A name, and the value sent in both ways.
type Shape = (&'static str, [fn() -> Outcome; 2]);

/// Names and values; sent by both.
macro_rules! shapes {
    ($($name:literal: $value:expr;)*) => {
        &[$(($name, [|| send(&$value, PartialEq::eq), || send_by_postcard(&$value, PartialEq::eq)]),)*]
    };
}

fn inner() -> Inner {
    Inner { x: -3, shape: Some(Plain::Struct { a: 0.5, b: Some(()) }) }
}

fn flat(kind: Plain, maybe: Option<Extra>) -> Flat {
    let rest = BTreeMap::from([("later".to_owned(), json!({"a": [1, null, "x", 1.5], "b": {}}))]);
    Flat { id: 1, inner: inner(), kind, maybe, rest }
}

const SHAPES: &[Shape] = shapes! {
    "an enum with a skipped variant": vec![Level::Low, Level::High, Level::Top];
    "a skipped variant before the one that is sent": Level::High;
    "fields that are skipped": SkipIf { a: None, b: 5, c: vec![], d: None };
    "fields that are skipped, in between": vec![SkipIf { a: None, b: 1, c: vec![7], d: Some(None) },
        SkipIf { a: Some(3), b: 2, c: vec![], d: Some(Some("x".to_owned())) }];
    // What postcard reads here has the right length: it takes the length of the vector for a field.
    "a skipped field that shifts what follows": (SkipIf2 { a: 0, b: 2 }, vec![1u8, 7]);
    "flatten": flat(Plain::New(7), None);
    "flatten, all": vec![flat(Plain::Tuple(1, "x".to_owned()), Some(Extra { extra: [1.0, 2.0], unit: () })),
        flat(Plain::Struct { a: 1.0, b: None }, None), flat(Plain::Deep(Box::new(Plain::Unit)), None)];
    "tag": vec![Tagged::Unit, Tagged::New(inner()), Tagged::Map(BTreeMap::from([("a".to_owned(), 1)])),
        Tagged::Struct { at: Duration::new(1, 2), address: IpAddr::from([1, 2, 3, 4]), level: Level::Top }];
    "tag in tag": Tagged::Nested(Box::new(Tagged2::A { list: vec![Tagged::Unit, Tagged::Nested(Box::new(Tagged2::B))],
        flat: Some(flat(Plain::New(1), None)) }));
    "tag and content": vec![Adjacent::Unit, Adjacent::New(1), Adjacent::Tuple(1, u128::MAX),
        Adjacent::Struct { a: Some(None) }, Adjacent::Struct { a: None }];
    "untagged": vec![Untagged::Unit, Untagged::Bool(true), Untagged::Number(-1), Untagged::Float(1.5),
        Untagged::Text("x".to_owned()), Untagged::Pair(1, "y".to_owned()),
        Untagged::Struct { a: 1, level: Level::High }, Untagged::Either(Plain::New(1)),
        Untagged::Many(vec![Untagged::Number(1), Untagged::Many(vec![])])];
    "rename and default": Renamed { some_field: 3, other: "o".to_owned(), cache: 0, twice: 0 };
    "rename, left out": vec![Renamed::default()];
    "transparent": Transparent { inner: "t".to_owned() };
    "with": Converted { number: u64::MAX, again: 0, bytes: vec![0, 255], one: 1 };
    "with, not skipped": Converted { number: 1, again: 2, bytes: vec![], one: 2 };
    "from and into": Into2 { a: 1, b: 2 };
    "try_from": Tried(65535);
    "other": vec![WithOther::Known, WithOther::Unknown];
    "integers": (u8::MAX, i8::MIN, (u16::MAX, i16::MIN), (u32::MAX, i32::MIN), (u64::MAX, i64::MIN, usize::MAX, isize::MIN));
    "integers of 128 bits": vec![(0u128, 0i128), (u128::MAX, i128::MIN), (1 << 64, -1 << 64), (7, i128::MAX)];
    "runs of integers": ((vec![0u8, 255], vec![i8::MIN, 1], vec![u16::MAX]), (vec![i16::MIN], vec![u32::MAX], vec![i32::MIN]),
        (vec![u64::MAX, 0], vec![i64::MIN, -1], vec![u128::MAX, 1]), vec![i128::MIN, -1]);
    "options in options": [None, Some(None), Some(Some(None)), Some(Some(Some(7u8)))];
    "a unit in an option": [None, Some(())];
    "units in options": vec![None, Some(None), Some(Some(Unit))];
    "tuples as keys": HashMap::<_, _>::from([((1u8, 'x'), "a".to_owned()), ((2, 'y'), String::new())]);
    "odd keys": BTreeMap::from([(None, 1u8), (Some(Level::High), 2), (Some(Level::Low), 3)]);
    "keys that are structs": HashMap::<_, _>::from([(Transparent { inner: "k".to_owned() }, vec![Unit; 3])]);
    "a large map": (0..1000u32).map(|n| (n.to_string(), n)).collect::<HashMap<_, _>>();
    "a large set": (0..1000u32).collect::<HashSet<_>>();
    "sets in maps": (0..50u32).map(|n| (n, (0..n).map(|n| n.to_string()).collect())).collect::<HashMap<_, HashSet<_>>>();
    "collections": (BTreeSet::from([3i8, -3]), VecDeque::from([1u16, 2]), LinkedList::from(["x".to_owned()]));
    "a path": PathBuf::from("/tmp/ä/🦀");
    "an OsString": OsString::from("x");
    "a CString": CString::from(c"abc");
    "times": (Duration::new(u64::MAX, 999_999_999), SystemTime::UNIX_EPOCH + Duration::from_nanos(1));
    "borrowed or owned": (Cow::<'static, str>::Borrowed("b"), Cow::<'static, [u8]>::Owned(vec![1]));
    "boxes": (Box::new(1u8), Box::<str>::from("x"), Box::<[Box<u16>]>::from([Box::new(3)]));
    "cells": (Cell::new(1u8), RefCell::new(vec![Some(1.5f32)]));
    "numbers of a kind": (NonZeroU8::MAX, NonZeroI128::MIN, Wrapping(3i8), Saturating(4u16), Reverse("x".to_owned()));
    "addresses": vec![IpAddr::from([127, 0, 0, 1]), IpAddr::from(Ipv6Addr::LOCALHOST)];
    "sockets": vec!["127.0.0.1:80".parse::<SocketAddr>().unwrap(), "[::1]:65535".parse().unwrap()];
    "chars": vec!['a', '\0', 'ä', '한', '🦀', char::MAX];
    "a char": '🦀';
    "texts": vec![String::new(), "a\0b".to_owned(), "한글 🦀".to_owned(), "x".repeat(1000)];
    "ranges": (Range { start: 1u8, end: 3 }, RangeInclusive::new('a', 'z'), Bound::Excluded(5u64), Bound::<u8>::Unbounded);
    "results": vec![Ok(1u8), Err("no".to_owned())];
    "nothing": ((), Unit, Empty {}, PhantomData::<String>, [0u64; 0]);
    "sequences of nothing": (vec![(); 300], vec![Unit; 2], vec![Vec::<u8>::new(); 2], Vec::<String>::new(), vec![Empty {}, Empty {}]);
    "empty maps": (BTreeMap::<u8, u8>::new(), HashMap::<String, ()>::new(), vec![BTreeMap::<(), ()>::new()]);
    "arrays": ([0u8; 32], [[1.5f64; 3]; 2], [Some(1u16); 5], [true, false, true, true, false]);
    "tuples of several kinds": (1u8, 2u8, 3u8, 4u8, "x".to_owned(), 5u8);
    "tuples of one kind": (1u8, 2u8, 3u8, 4u8, 5u8);
    "structs of tuples": vec![Tuple(1, Meters(0.1), "x".to_owned()), Tuple(2, Meters(f64::MAX), String::new())];
    "newtypes": (Meters(1.5), vec![Meters(1.5), Meters(-0.0)], Some(Meters(f64::INFINITY)));
    "generics": Generic { r#type: vec![Generic { r#type: (), phantom: PhantomData }], phantom: PhantomData };
    "a length that comes last": Lazy((0..300).map(|n| (n % 3 > 0).then_some(n)).collect());
    "a length that comes last, of a map": vec![LazyMap(BTreeMap::from([('a', vec![1, -1]), ('b', vec![])])); 2];
    "digits": vec![Digits("1".repeat(100)), Digits("-1e999".to_owned())];
    "many fields": vec![Wide((0..WIDE as u32).collect()); 5];
    "all of an enum": vec![Plain::Unit, Plain::New(u64::MAX), Plain::Tuple(0, String::new()),
        Plain::Struct { a: -0.0, b: None }, Plain::Struct { a: 1.0, b: Some(()) }, Plain::Empty {}, Plain::None(),
        Plain::Deep(Box::new(Plain::Deep(Box::new(Plain::Unit)))), Plain::Bytes(vec![0; 3])];
    "JSON": json!({"a": [null, true, 1, -1, u64::MAX, i64::MIN, 1.5, 1e300, "x", [], {}, [1, 2, 3, 4], [1, 2.5, -3]],
        "": {"nested": {"": [[[[]]]]}}, "ü": null});
    "JSON numbers": json!([1, 2, -3, 4]);
    "JSON of one kind": json!([1.5, 2.5, 3.5, 1e-300]);
    "a map of JSON": HashMap::<_, _>::from([("a".to_owned(), json!(null)), ("b".to_owned(), json!([1]))]);
    "a hundred levels": list(100);
};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct SkipIf2 {
    #[serde(default, skip_serializing_if = "is_zero")]
    a: u8,
    b: u8,
}

fn is_zero(n: &u8) -> bool {
    *n == 0
}

#[test]
fn every_shape_arrives() {
    for (name, [send, _]) in SHAPES {
        assert_eq!(send(), Outcome::Same, "{name}");
    }
}

/// The wrong program that this set is to catch.
#[test]
fn a_format_without_names_does_not_pass() {
    let seen: Vec<_> = SHAPES.iter().map(|(name, [_, send])| (*name, send())).collect();
    let silent: Vec<_> = seen.iter().filter(|(_, outcome)| *outcome == Outcome::Other).map(|(name, _)| *name).collect();
    let refused: Vec<_> =
        seen.iter().filter(|(_, outcome)| matches!(outcome, Outcome::Refused(_))).map(|(name, _)| *name).collect();
    println!("silently another value: {silent:#?}\nalways fails: {refused:#?}");
    for name in ["a skipped variant before the one that is sent", "a skipped field that shifts what follows"] {
        assert!(silent.contains(&name), "{name}");
    }
    for name in ["flatten", "tag", "untagged", "JSON"] {
        assert!(refused.contains(&name), "{name}");
    }
}

/// As the same bits: `==` knows no NaN.
#[test]
fn not_a_number_keeps_its_payload() {
    #[derive(Serialize, Deserialize)]
    #[serde(untagged)]
    enum Float {
        Single { single: f32 },
        Double { double: f64 },
    }
    for bits in [f32::NAN.to_bits(), 0x7fc0_1234, 0xffc0_0001, 0x7f80_0001, 0x8000_0000] {
        let nan = f32::from_bits(bits);
        assert_eq!(send(&nan, |a, b| a.to_bits() == b.to_bits()), Outcome::Same);
        assert_eq!(send(&vec![nan; 9], |a, b| a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits())), Outcome::Same);
        let is_same = |a: &Float, b: &Float| {
            matches!((a, b), (Float::Single { single: a }, Float::Single { single: b })
            if a.to_bits() == b.to_bits())
        };
        assert_eq!(send(&Float::Single { single: nan }, is_same), Outcome::Same);
    }
    for bits in [f64::NAN.to_bits(), 0x7ff8_0000_dead_beef, 0xfff0_0000_0000_0001] {
        let nan = f64::from_bits(bits);
        assert_eq!(send(&(1u8, Some(nan)), |a, b| a.1.map(f64::to_bits) == b.1.map(f64::to_bits)), Outcome::Same);
        let is_same = |a: &Float, b: &Float| {
            matches!((a, b), (Float::Double { double: a }, Float::Double { double: b })
            if a.to_bits() == b.to_bits())
        };
        assert_eq!(send(&Float::Double { double: nan }, is_same), Outcome::Same);
    }
}

#[test]
fn a_heap_arrives() {
    let sorted = |heap: &BinaryHeap<u8>| heap.clone().into_sorted_vec();
    let heap = BinaryHeap::from([3u8, 9, 1, 7, 7]);
    assert_eq!(send(&heap, |a, b| sorted(a) == sorted(b)), Outcome::Same);
}

#[test]
fn what_serde_cannot_send_is_refused() {
    refused(Level::Internal, "the enum variant Level::Internal cannot be serialized");
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStringExt;
        let odd = OsString::from_vec(vec![b'/', 0xff]);
        refused(PathBuf::from(odd.clone()), "path contains invalid UTF-8 characters");
        // This one sends bytes.
        arrives(odd);
    }
    let mutably = RefCell::new(1u8);
    let _borrowed = mutably.borrow_mut();
    let mut out = vec![7];
    assert!(process_pool::wire::encode(&mutably, &mut out).unwrap_err().contains("already mutably borrowed"));
    assert_eq!(out, [7]);
    refused(SystemTime::UNIX_EPOCH - Duration::from_secs(1), "SystemTime must be later than UNIX_EPOCH");
    // The deserializer that serde puts in between does not know them.
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(untagged)]
    enum Wide {
        Number { n: u128 },
    }
    refused(Wide::Number { n: 1 }, "invalid type: integer `1` as u128");
}

#[test]
fn nesting_has_an_end() {
    arrives(list(process_pool::limits::DEEPEST));
    for levels in [process_pool::limits::DEEPEST + 1, 1000, 5_000] {
        refused(list(levels), "nested more than 256 levels deep");
    }
    let mut json = json!(1);
    for _ in 0..process_pool::limits::DEEPEST + 1 {
        json = json!([json]);
    }
    refused(json, "nested more than 256 levels deep");
}

#[test]
fn more_units_than_there_is_memory_are_refused() {
    refused(vec![(); 1 << 40], "a sequence of more than 4294967296 elements");
    refused(vec![Unit; usize::MAX], "a sequence of more than 4294967296 elements");
}
