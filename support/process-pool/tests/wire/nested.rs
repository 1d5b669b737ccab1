//! Values of any nesting arrive.

use std::collections::{BTreeMap, HashMap, HashSet};

use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{Outcome, send};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Any {
    Unit,
    Bool(bool),
    Bytes(Vec<u8>),
    Signed(i8, i16, i32, i64),
    Wide(u128, i128),
    Floats(Vec<f64>, [f32; 5]),
    Char(char),
    Text(String),
    Options(Option<Option<Option<u32>>>, Option<()>),
    List(Vec<Any>),
    Pairs(HashMap<String, Any>),
    Keys(BTreeMap<(u8, Option<char>), Any>),
    Set(HashSet<Vec<u16>>),
    #[serde(skip)]
    #[expect(dead_code, reason = "it only shifts the numbers of those behind it")]
    Skipped,
    #[serde(rename = "r")]
    Fields {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        left: Option<Box<Any>>,
        id: u64,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        right: Vec<Any>,
    },
    Inner(Box<Inner>),
    Flat(Box<Flat>),
    Json(serde_json::Value),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is")]
enum Inner {
    Nothing,
    One { any: Any },
    Flat(Flat),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Flat {
    n: i16,
    #[serde(flatten)]
    either: Either,
    #[serde(flatten)]
    rest: BTreeMap<String, Narrow>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "either", content = "value")]
enum Either {
    This(Narrow),
    That { list: Vec<Narrow> },
    Neither,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Narrow {
    Unit,
    Number(i64),
    Float(f64),
    Text(String),
    List(Vec<Narrow>),
}

fn finite() -> impl Strategy<Value = f64> {
    use proptest::num::f64::{INFINITE, NEGATIVE, NORMAL, POSITIVE, SUBNORMAL, ZERO};
    POSITIVE | NEGATIVE | NORMAL | SUBNORMAL | ZERO | INFINITE
}

fn narrow() -> impl Strategy<Value = Narrow> {
    let leaf = prop_oneof![
        Just(Narrow::Unit),
        any::<i64>().prop_map(Narrow::Number),
        finite().prop_map(Narrow::Float),
        ".{0,6}".prop_map(Narrow::Text),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| proptest::collection::vec(inner, 0..5).prop_map(Narrow::List))
}

fn flat() -> impl Strategy<Value = Flat> {
    let either = prop_oneof![
        narrow().prop_map(Either::This),
        proptest::collection::vec(narrow(), 0..4).prop_map(|list| Either::That { list }),
        Just(Either::Neither),
    ];
    // A key that is a field's name would be read as that field.
    let rest = proptest::collection::btree_map("x.{0,3}", narrow(), 0..4);
    (any::<i16>(), either, rest).prop_map(|(n, either, rest)| Flat { n, either, rest })
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(serde_json::Value::from),
        any::<u64>().prop_map(serde_json::Value::from),
        any::<i64>().prop_map(serde_json::Value::from),
        finite().prop_map(serde_json::Value::from),
        ".{0,8}".prop_map(serde_json::Value::from),
    ];
    leaf.prop_recursive(4, 24, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(serde_json::Value::from),
            proptest::collection::hash_map(".{0,4}", inner, 0..6)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

fn any_value() -> impl Strategy<Value = Any> {
    let leaf = prop_oneof![
        Just(Any::Unit),
        any::<bool>().prop_map(Any::Bool),
        any::<Vec<u8>>().prop_map(Any::Bytes),
        any::<(i8, i16, i32, i64)>().prop_map(|(a, b, c, d)| Any::Signed(a, b, c, d)),
        any::<(u128, i128)>().prop_map(|(a, b)| Any::Wide(a, b)),
        (proptest::collection::vec(finite(), 0..9), any::<[f32; 5]>()).prop_map(|(a, b)| Any::Floats(a, b)),
        any::<char>().prop_map(Any::Char),
        ".*".prop_map(Any::Text),
        any::<(Option<Option<Option<u32>>>, Option<()>)>().prop_map(|(a, b)| Any::Options(a, b)),
        proptest::collection::hash_set(any::<Vec<u16>>(), 0..9).prop_map(Any::Set),
        flat().prop_map(|flat| Any::Flat(Box::new(flat))),
        flat().prop_map(|flat| Any::Inner(Box::new(Inner::Flat(flat)))),
        Just(Any::Inner(Box::new(Inner::Nothing))),
        json().prop_map(Any::Json),
    ];
    leaf.prop_recursive(5, 60, 8, |inner| {
        let list = proptest::collection::vec(inner.clone(), 0..8);
        prop_oneof![
            list.clone().prop_map(Any::List),
            proptest::collection::hash_map(".{0,4}", inner.clone(), 0..6).prop_map(Any::Pairs),
            proptest::collection::btree_map(any::<(u8, Option<char>)>(), inner.clone(), 0..6).prop_map(Any::Keys),
            (proptest::option::of(inner), any::<u64>(), list).prop_map(|(left, id, right)| Any::Fields {
                left: left.map(Box::new),
                id,
                right
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nested_values_arrive(value in any_value()) {
        prop_assert_eq!(send(&value, PartialEq::eq), Outcome::Same);
    }

    #[test]
    fn lists_of_nested_values_arrive(values in proptest::collection::vec(any_value(), 0..5)) {
        prop_assert_eq!(send(&values, PartialEq::eq), Outcome::Same);
    }
}
