//! Values that go through workers: the task gets what was sent, or does not run.

#![allow(clippy::unwrap_used, reason = "clippy.toml allows it in test functions; ours are not marked as such")]

use std::collections::{BTreeMap, HashMap};

use process_pool::{Bytes, Failure, Pool, task};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Value, json};

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
enum Level {
    Low,
    #[serde(skip)]
    Internal,
    High,
    Top,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
enum Order {
    Crop {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        left: Option<u32>,
        width: u32,
    },
    Draw {
        picture: Bytes,
        #[serde(flatten)]
        options: BTreeMap<String, Value>,
    },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Doubled {
    #[serde(serialize_with = "double")]
    n: u64,
}

fn double<S: Serializer>(n: &u64, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_u64(n * 2)
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct List(Option<Box<List>>);

fn list(levels: usize) -> List {
    (0..levels).fold(List(None), |rest, _| List(Some(Box::new(rest))))
}

task! {
    static NAME: fn(Level) -> String = |level| format!("{level:?}");
    static ORDER: fn(Order) -> Order = |order| order;
    static JSON: fn(Value) -> Value = |value| json!([value, null]);
    static PICTURES: fn(HashMap<String, Bytes>) -> HashMap<String, Bytes> = |pictures| pictures;
    static NEVER: fn(Doubled) -> u64 = |_| panic!("it ran");
    static BACK: fn(u64) -> Doubled = |n| Doubled { n };
    static DEEP: fn(List) -> usize = |mut list| {
        let mut levels = 0;
        while let Some(rest) = list.0 {
            (list, levels) = (*rest, levels + 1);
        }
        levels
    };
    static DEEPEN: fn(usize) -> List = list;
}
fn main() {
    process_pool::init();
    let pool = Pool::builder().workers(2).build().unwrap();
    variants_are_those_that_were_sent(&pool);
    orders_arrive(&pool);
    maps_of_shared_bytes_arrive(&pool);
    what_disagrees_does_not_run(&pool);
    what_nests_too_deeply_does_not_run(&pool);
    assert_eq!(pool.call(&NAME, &Level::Low), Ok("Low".to_owned()), "the pool works as before");
}

fn variants_are_those_that_were_sent(pool: &Pool) {
    for level in [Level::Low, Level::High, Level::Top] {
        assert_eq!(pool.call(&NAME, &level), Ok(format!("{level:?}")));
    }
    let refused = pool.call(&NAME, &Level::Internal);
    assert_refused(refused, "Level: the enum variant Level::Internal cannot be serialized");
}

fn orders_arrive(pool: &Pool) {
    let large = pool.bytes(1 << 20, |bytes| bytes.fill(3));
    let options = BTreeMap::from([("quality".to_owned(), json!(80)), ("tags".to_owned(), json!(["a", 1.5, null]))]);
    for order in [
        Order::Crop { left: None, width: 7 },
        Order::Crop { left: Some(1), width: 7 },
        Order::Draw { picture: Bytes::from(vec![1; 10]), options: BTreeMap::new() },
        Order::Draw { picture: large, options: options.clone() },
        Order::Draw { picture: Bytes::from(vec![9; 1 << 20]), options },
    ] {
        assert_eq!(pool.call(&ORDER, &order), Ok(order));
    }
    let value = json!({"a": [1, -1, 1.5, null], "b": {"": true}});
    assert_eq!(pool.call(&JSON, &value), Ok(json!([value, null])));
}

/// A map has another order there, and the bytes another place.
fn maps_of_shared_bytes_arrive(pool: &Pool) {
    let shared = pool.bytes(1 << 20, |bytes| bytes.fill(3));
    let one = |n: usize| {
        (n.to_string(), if n.is_multiple_of(2) { shared.clone() } else { Bytes::from(vec![n as u8; n * 9000]) })
    };
    let pictures: HashMap<_, _> = (0..20).map(one).collect();
    for _ in 0..20 {
        let back = pool.call(&PICTURES, &pictures).unwrap();
        assert_eq!(back, pictures);
        assert_eq!(pool.call(&PICTURES, &back), Ok(back));
    }
}

fn what_disagrees_does_not_run(pool: &Pool) {
    assert_refused(pool.call(&NEVER, &Doubled { n: 3 }), "Doubled.n arrives as something else than what was sent");
    assert_refused(pool.call(&BACK, &3), "Doubled.n arrives as something else than what was sent");
    assert_eq!(pool.call(&BACK, &0), Ok(Doubled { n: 0 }));
    let all = pool.map(&BACK, 0..100u64);
    assert_eq!(all.iter().filter(|outcome| outcome.is_ok()).count(), 1);
}

fn what_nests_too_deeply_does_not_run(pool: &Pool) {
    let most = process_pool::limits::DEEPEST;
    assert_eq!(pool.call(&DEEP, &list(most)), Ok(most));
    assert_refused(pool.call(&DEEP, &list(most + 1)), "List: nested more than 256 levels deep");
    assert_eq!(pool.call(&DEEPEN, &most), Ok(list(most)));
    assert_refused(pool.call(&DEEPEN, &(most + 1)), "List: nested more than 256 levels deep");
}

fn assert_refused<R: std::fmt::Debug>(outcome: Result<R, Failure>, why: &str) {
    match outcome {
        Err(Failure::Unreadable(reason)) => assert!(reason.contains(why), "{reason}"),
        outcome => panic!("{outcome:?} instead of {why}"),
    }
}
