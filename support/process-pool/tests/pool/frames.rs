//! Fuzzes the parser of what workers send: the parent accepts or rejects any input, and allocates no more than was sent.

use std::io::{self, Read};

use process_pool::frame::{self, Inbox, Kind, ProtocolError, Reader, ValueLocation};
use process_pool::result_frame::{MemoryNotes, Ready, ResultKind, Summary, TaskResult};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

crate::tests![
    the_corpus_is_rejected,
    results_round_trip,
    ready_round_trips,
    any_bytes_are_accepted_or_rejected,
    a_damaged_frame_is_accepted_or_rejected,
    a_claimed_length_allocates_nothing,
];

/// Frames that caused trouble, or could. Each says why.
const CORPUS: &[(&str, &[u8])] = &[
    ("not a frame", b"hello"),
    ("half a mark, wrong", b"PX"),
    ("no such kind", b"PL\x09\0\0\0\0\0"),
    ("reserved byte", b"PL\x03\x01\0\0\0\0"),
    ("longer than any", b"PL\x03\0\xff\xff\xff\xff"),
    ("results without a summary", b"PL\x03\0\0\0\0\0"),
    ("a number without end", b"PL\x03\0\x0b\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
    ("a number of 65 bits", b"PL\x03\0\x0a\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"),
    ("more results than bytes", b"PL\x03\0\x03\0\0\0\x05\0\0"),
    ("a result of no known kind", b"PL\x03\0\x05\0\0\0\x01\0\0\x43\0"),
    ("a value longer than its frame", b"PL\x03\0\x05\0\0\0\x01\0\0\0\x7e"),
    ("more notes than bytes", b"PL\x03\0\x05\0\0\0\x01\0\0\x04\x7e"),
    ("bytes left over", b"PL\x03\0\x06\0\0\0\x01\0\0\0\0\x07"),
    ("a place without an offset", b"PL\x03\0\x05\0\0\0\x01\0\0\0\x03"),
    ("no kind behind the last", b"PL\x06\0\0\0\0\0"),
    ("ready, and failed with a value", b"PL\x05\0\x02\0\0\0\0x"),
    ("ready, and failed in no known way", b"PL\x05\0\x02\0\0\0\x03x"),
];

/// Parses all results and ready frames as the parent does; returns the number of results.
fn read(bytes: &[u8], step: usize) -> Result<usize, ProtocolError> {
    let mut from = Slowly { bytes, step };
    let mut inbox = Inbox::default();
    let mut results = 0;
    while inbox.fill(&mut from).unwrap() > 0 {
        while let Some((kind, body)) = inbox.frame()? {
            let mut body = Reader(inbox.body(body));
            if kind == Kind::Ready {
                Ready::of(body.0)?;
            }
            if kind != Kind::Results {
                continue;
            }
            let summary = Summary::take(&mut body)?;
            for _ in 0..summary.done {
                TaskResult::take(&mut body)?;
                results += 1;
            }
            body.end()?;
        }
    }
    Ok(results)
}

/// Yields a given number of bytes per read, as a pipe may.
struct Slowly<'a> {
    bytes: &'a [u8],
    step: usize,
}

impl Read for Slowly<'_> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let n = self.step.min(to.len()).min(self.bytes.len());
        to[..n].copy_from_slice(&self.bytes[..n]);
        self.bytes = &self.bytes[n..];
        Ok(n)
    }
}

fn the_corpus_is_rejected() {
    for (why, bytes) in CORPUS {
        for step in [1, 3, usize::MAX] {
            assert_eq!(read(bytes, step), Err(ProtocolError), "{why}");
        }
    }
    // The correct twins: one empty value, and an initializer that failed without a message.
    assert_eq!(read(b"PL\x05\0\x01\0\0\0\x01", 1), Ok(0));
    assert_eq!(read(b"PL\x03\0\x05\0\0\0\x01\0\0\0\0", 1), Ok(1));
}

/// Kind, offsets that were noted, span, bytes, and their location in the arena if they are not inline.
type Draft = (u8, Vec<u64>, (u64, u64), Vec<u8>, Option<(u64, u64)>);

fn a_told() -> impl Strategy<Value = Draft> {
    let place = proptest::option::of((any::<u64>(), 0..u64::MAX >> 1));
    (
        0..3u8,
        proptest::collection::vec(any::<u64>(), 0..4),
        any::<(u64, u64)>(),
        proptest::collection::vec(any::<u8>(), 0..200),
        place,
    )
}

fn told(draft: &Draft) -> TaskResult<'_> {
    let (kind, notes, span, bytes, place) = draft;
    let kind = [ResultKind::Done, ResultKind::Panicked, ResultKind::Unreadable][usize::from(*kind)];
    let value = place.map_or(ValueLocation::Inline(bytes), |(at, len)| ValueLocation::Shared(at, len));
    let memory = MemoryNotes {
        released: notes.clone(),
        kept: notes.iter().take(1).copied().collect(),
        lent: notes.iter().skip(1).copied().collect(),
    };
    let memory = (!memory.is_empty()).then(|| Box::new(memory));
    TaskResult { kind, memory, span: if span.1 > 0 { *span } else { (0, 0) }, value }
}

fn frame_of(drafts: &[Draft]) -> Vec<u8> {
    let mut bytes = Vec::new();
    frame::begin(&mut bytes, Kind::Results);
    Summary { done: drafts.len() as u64, skipped: 7, ns: u64::MAX }.put(&mut bytes);
    drafts.iter().for_each(|draft| told(draft).put(&mut bytes));
    assert!(frame::end(&mut bytes, 0));
    bytes
}

/// With a custom harness, proptest cannot place its file of regressions: put what it finds into [`CORPUS`].
fn runner(cases: u32) -> TestRunner {
    TestRunner::new(ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() })
}

fn results_round_trip() {
    let drafts = proptest::collection::vec(a_told(), 0..20);
    let test = |(drafts, step): (Vec<Draft>, usize)| {
        let bytes = frame_of(&drafts);
        prop_assert_eq!(read(&bytes, step), Ok(drafts.len()));
        let mut body = Reader(&bytes[frame::HEAD..]);
        let summary = Summary::take(&mut body).unwrap();
        prop_assert_eq!(summary, Summary { done: drafts.len() as u64, skipped: 7, ns: u64::MAX });
        for draft in &drafts {
            prop_assert_eq!(TaskResult::take(&mut body), Ok(told(draft)));
        }
        prop_assert_eq!(body.end(), Ok(()));
        Ok(())
    };
    runner(500).run(&(drafts, 1..100usize), test).unwrap();
}

fn ready_round_trips() {
    let message: &[u8] = b"\0 why";
    let failures = [ResultKind::Panicked, ResultKind::Unreadable].map(|kind| Ready(Err((kind, message))));
    for ready in [Ready(Ok(())), failures[0], failures[1], Ready(Err((ResultKind::Panicked, b"")))] {
        let mut body = Vec::new();
        ready.put(&mut body);
        assert_eq!(Ready::of(&body), Ok(ready));
    }
}

fn any_bytes_are_accepted_or_rejected() {
    let bytes = proptest::collection::vec(any::<u8>(), 0..300);
    let test = |(body, step): (Vec<u8>, usize)| {
        let _ = read(&body, step);
        for kind in [Kind::Results, Kind::Ready] {
            let mut framed = Vec::new();
            frame::begin(&mut framed, kind);
            framed.extend(&body);
            assert!(frame::end(&mut framed, 0));
            let _ = read(&framed, step);
        }
        Ok(())
    };
    runner(2000).run(&(bytes, 1..100usize), test).unwrap();
}

fn a_damaged_frame_is_accepted_or_rejected() {
    let drafts = proptest::collection::vec(a_told(), 1..5);
    let test = |(drafts, at, to, cut): (Vec<Draft>, prop::sample::Index, u8, prop::sample::Index)| {
        let mut bytes = frame_of(&drafts);
        let at = at.index(bytes.len());
        bytes[at] = to;
        let _ = read(&bytes, 64);
        bytes.truncate(cut.index(bytes.len()));
        let _ = read(&bytes, 64);
        Ok(())
    };
    runner(2000).run(&(drafts, any::<prop::sample::Index>(), any::<u8>(), any::<prop::sample::Index>()), test).unwrap();
}

fn a_claimed_length_allocates_nothing() {
    let mut bytes = b"PL\x03\0\0\0\0\x10".to_vec(); // 256 MiB are to follow
    bytes.extend([0; 1000]);
    let mut from = Slowly { bytes: &bytes, step: 100 };
    let mut inbox = Inbox::default();
    while inbox.fill(&mut from).unwrap() > 0 {
        assert_eq!(inbox.frame(), Ok(None));
    }
    assert!(inbox.memory() < 1 << 20, "{}", inbox.memory());
}
