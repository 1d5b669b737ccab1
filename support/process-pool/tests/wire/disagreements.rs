//! Types whose Serialize and Deserialize disagree. Nothing but the value that was sent may arrive.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};

use process_pool::Unchecked;
use serde::ser::{SerializeSeq, SerializeStruct, SerializeTuple};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Outcome, arrives, refused, send_by_postcard};

const DISAGREE: &str = "its Serialize and Deserialize disagree";

fn five() -> u8 {
    5
}

fn is_zero(n: &u8) -> bool {
    *n == 0
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct OtherDefault {
    #[serde(default = "five", skip_serializing_if = "is_zero")]
    n: u8,
}

#[test]
fn a_default_that_is_not_what_was_skipped() {
    arrives(OtherDefault { n: 1 });
    refused(OtherDefault { n: 0 }, DISAGREE);
    refused(Some((1u8, vec![OtherDefault { n: 7 }, OtherDefault { n: 0 }])), DISAGREE);
}

fn double<S: Serializer>(n: &u64, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_u64(n * 2)
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Doubled {
    before: u8,
    inside: Inside,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Inside {
    #[serde(serialize_with = "double")]
    n: u64,
}

#[test]
fn a_conversion_without_its_way_back() {
    let value = Doubled { before: 1, inside: Inside { n: 21 } };
    assert_eq!(send_by_postcard(&value, PartialEq::eq), Outcome::Other, "what must not happen");
    refused(value, "Doubled.inside.n arrives as something else than what was sent");
    arrives(Doubled { before: 1, inside: Inside { n: 0 } });
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Ambiguous {
    Small(u8),
    Large(u64),
    Single(f32),
    Double(f64),
    Text(String),
    Letter(char),
}

#[test]
fn an_earlier_variant_that_also_fits() {
    arrives(Ambiguous::Small(3));
    arrives(Ambiguous::Large(300));
    refused(Ambiguous::Large(3), DISAGREE);
    refused(Ambiguous::Double(0.1), DISAGREE);
    refused(vec![Ambiguous::Small(1), Ambiguous::Large(1)], DISAGREE);
    arrives(Ambiguous::Letter('x'));
}

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct OneWay {
    #[serde(rename(serialize = "count"))]
    n: u8,
    #[serde(skip_deserializing)]
    computed: u8,
    #[serde(skip_serializing)]
    secret: u8,
}

#[test]
fn fields_that_go_one_way() {
    refused(OneWay { n: 1, computed: 0, secret: 0 }, DISAGREE);
    refused(OneWay { n: 0, computed: 1, secret: 0 }, DISAGREE);
    arrives(OneWay::default());
}

#[test]
fn a_name_without_its_way_back() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    enum Renamed {
        #[serde(rename(serialize = "a"))]
        A,
        B,
    }
    refused(Renamed::A, "unknown variant `a`, expected `A` or `B`");
    arrives(Renamed::B);
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    enum Swapped {
        #[serde(rename(serialize = "B", deserialize = "A"))]
        A,
        #[serde(rename(serialize = "A", deserialize = "B"))]
        B,
    }
    refused(Swapped::A, DISAGREE);
    refused(Some([Swapped::B, Swapped::A]), DISAGREE);
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Needed {
        #[serde(skip_serializing)]
        a: u8,
    }
    refused(Needed { a: 1 }, "Needed: missing field `a`");
}

/// A type that reads with this function what it writes as it is.
macro_rules! read_by {
    ($name:ident($type:ty), $read:expr) => {
        #[derive(Debug, PartialEq, Serialize)]
        struct $name($type);

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                <$type>::deserialize(deserializer).map($read).map($name)
            }
        }
    };
}

read_by!(Trimmed(String), |text| text.trim().to_owned());
read_by!(Rounded(f64), |n| f64::from(n as f32));
read_by!(Unsigned(f64), |n| n + 0.0);
read_by!(FirstWord(Vec<String>), |mut list| {
    list.truncate(1);
    list
});
read_by!(Lower(BTreeMap<String, u8>), |map| map.into_iter().map(|(k, v)| (k.to_lowercase(), v)).collect());
read_by!(Fewer(Vec<u32>), |mut list| {
    list.pop();
    list
});
read_by!(Unique(BTreeSet<u8>), |mut set| {
    set.pop_first();
    set
});
read_by!(Flipped(bool), |is| !is);
read_by!(Swapped(([u8; 5], u16, u16)), |(list, a, b)| (list, b, a));
read_by!(Reversed([u8; 5]), |mut list| {
    list.reverse();
    list
});
read_by!(Exchanged(HashMap<u8, u8>), |map| map.into_iter().map(|(k, v)| (v, k)).collect());
read_by!(Forgotten(Option<u8>), |_| None);
read_by!(Filled(Option<Option<u8>>), |known| Some(known.flatten()));

#[test]
fn values_that_change_as_they_are_read() {
    refused(Trimmed(" x".to_owned()), DISAGREE);
    refused(Rounded(0.1), DISAGREE);
    // Zero has a sign.
    refused(Unsigned(-0.0), DISAGREE);
    refused(FirstWord(vec!["a".to_owned(), "b".to_owned()]), DISAGREE);
    refused(Lower(BTreeMap::from([("A".to_owned(), 1)])), DISAGREE);
    refused(Fewer(vec![1, 2]), DISAGREE);
    refused(Unique(BTreeSet::from([1, 2])), DISAGREE);
    refused(Flipped(true), DISAGREE);
    refused(Swapped(([0; 5], 1, 2)), DISAGREE);
    refused(Reversed([1, 2, 3, 4, 5]), DISAGREE);
    refused(Exchanged(HashMap::from([(1, 2), (3, 4)])), DISAGREE);
    refused(Forgotten(Some(1)), DISAGREE);
    refused(Filled(None), DISAGREE);
    // Where nothing changes, they arrive.
    arrives(Trimmed("x".to_owned()));
    arrives(Rounded(0.5));
    arrives(Lower(BTreeMap::from([("a".to_owned(), 1)])));
    arrives(Fewer(vec![]));
    arrives(Swapped(([0; 5], 1, 1)));
    arrives(Reversed([1, 2, 3, 2, 1]));
    arrives(Exchanged(HashMap::from([(1, 2), (2, 1)])));
}

#[test]
fn values_that_change_within_a_map_of_no_order() {
    let map = |n| HashMap::<_, _>::from_iter((0..100u8).map(|key| (key, OtherDefault { n: n + key })));
    arrives(map(1));
    refused(map(0), DISAGREE);
}

/// Announces one number of elements and gives another.
#[derive(Debug, PartialEq)]
enum Liar {
    Seq,
    Long,
    Tuple,
    Struct,
}

impl Serialize for Liar {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Liar::Seq => {
                let mut seq = to.serialize_seq(Some(2))?;
                seq.serialize_element(&1u8)?;
                seq.end()
            }
            Liar::Long => {
                let mut seq = to.serialize_seq(Some(usize::MAX))?;
                seq.serialize_element(&1u64)?;
                seq.end()
            }
            Liar::Tuple => {
                let mut tuple = to.serialize_tuple(1)?;
                tuple.serialize_element(&1u8)?;
                tuple.serialize_element("x")?;
                tuple.end()
            }
            Liar::Struct => {
                let mut fields = to.serialize_struct("Liar", 3)?;
                fields.serialize_field("a", &1u8)?;
                fields.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Liar {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Liar, D::Error> {
        unreachable!("nothing is sent")
    }
}

#[test]
fn lengths_that_are_wrong() {
    refused(Liar::Seq, "its Serialize announced 2 elements and gave 1");
    refused(Liar::Long, "its Serialize announced 18446744073709551615 elements and gave 1");
    refused(Liar::Tuple, "its Serialize announced 1 elements and gave 2");
    refused(Liar::Struct, "its Serialize announced 3 elements and gave 1");
}

/// Reads nothing, or less than there is.
#[derive(Debug, PartialEq, Serialize)]
struct Lazy(Vec<u8>);

impl<'de> Deserialize<'de> for Lazy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Lazy, D::Error> {
        <(u8,)>::deserialize(deserializer).map(|(n,)| Lazy(vec![n]))
    }
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct Blind(u8);

impl<'de> Deserialize<'de> for Blind {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Blind, D::Error> {
        Ok(Blind(1))
    }
}

#[test]
fn what_is_not_read_is_refused() {
    arrives(Lazy(vec![1]));
    refused(Lazy(vec![1, 2]), "more elements were sent than are read");
    refused(Blind(1), "there is more behind it");
    refused((Blind(1), 1u8), "there is more behind it");
    arrives(vec![Blind(1); 3]);
    refused(vec![Blind(1), Blind(2)], DISAGREE);
}

/// Is serialized differently each time.
#[derive(Debug)]
struct Changing;

impl PartialEq for Changing {
    fn eq(&self, _: &Changing) -> bool {
        true
    }
}

impl Serialize for Changing {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Some(NEXT.fetch_add(1, Ordering::Relaxed)).serialize(to)
    }
}

impl<'de> Deserialize<'de> for Changing {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Changing, D::Error> {
        Option::<u64>::deserialize(deserializer).map(|_| Changing)
    }
}

#[test]
fn what_changes_each_time_can_be_sent_unchecked() {
    refused((1u8, Changing), DISAGREE);
    arrives(Unchecked(Changing));
    arrives(vec![Unchecked(Some(Changing)), Unchecked(None)]);
    arrives(HashMap::from([(1u8, Unchecked(Changing)), (2, Unchecked(Changing)), (3, Unchecked(Changing))]));
    arrives([Unchecked(7u8), Unchecked(8), Unchecked(9), Unchecked(10)]);
    // Its surroundings are checked as ever.
    refused((Unchecked(Changing), OtherDefault { n: 0 }), DISAGREE);
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Flat {
        #[serde(flatten)]
        inner: Inner,
    }
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Inner {
        at: Unchecked<Changing>,
        n: Unchecked<u64>,
    }
    arrives(Flat { inner: Inner { at: Unchecked(Changing), n: Unchecked(3) } });
}
