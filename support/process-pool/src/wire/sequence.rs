//! The elements of a sequence: while all of them are scalars of one kind, they are written as a run.

use serde::ser::{Serialize, SerializeSeq, SerializeTuple, SerializeTupleStruct, SerializeTupleVariant};

use crate::limits::MOST_TAGGED;
use crate::wire::encoder::Encoder;
use crate::wire::error::Error;
use crate::wire::number::put_number;
use crate::wire::run::{ANY, Chunk, SHORTEST_TUPLE, WIDEST};
use crate::wire::scalar::Scalar;
use crate::wire::tag;
use crate::wire::tag::width;

/// No more is reserved for elements that are only announced, in bytes.
const MOST_RESERVED: usize = 64 << 20;

/// A sequence or tuple that is being written.
pub struct Elements<'e, 'a> {
    encoder: &'e mut Encoder<'a>,
    /// `SEQ` or `TUPLE`.
    tag: u8,
    announced: Option<usize>,
    given: usize,
    /// Where its tag is.
    start: usize,
    form: Form,
    levels: usize,
}

/// How the elements so far are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// There are none, and they may become a run.
    Empty,
    /// Scalars of this kind, whose bytes begin here.
    Run(u8, usize),
    /// Each with its tag.
    Tagged,
}

impl<'e, 'a> Elements<'e, 'a> {
    #[inline]
    pub fn begin(
        encoder: &'e mut Encoder<'a>,
        tag: u8,
        announced: Option<usize>,
        levels: usize,
    ) -> Result<Elements<'e, 'a>, Error> {
        encoder.enter()?;
        encoder.repeating += 1;
        let start = encoder.out.len();
        let mut elements = Elements { encoder, tag, announced, given: 0, start, form: Form::Empty, levels };
        match announced {
            // The number of elements of a run stands before them.
            None => {
                elements.encoder.out.push(tag::OPEN_SEQ);
                elements.form = Form::Tagged;
            }
            Some(len) if len == 0 || tag == tag::TUPLE && len < SHORTEST_TUPLE => {
                elements.encoder.out.push(tag);
                elements.encoder.number(len);
                elements.form = Form::Tagged;
            }
            Some(_) => {}
        }
        Ok(elements)
    }

    /// Writes all elements and ends.
    #[inline]
    pub fn collect<T: Serialize>(mut self, mut elements: impl Iterator<Item = T>) -> Result<(), Error> {
        if self.form != Form::Tagged {
            let mut bytes = [0; 512];
            let mut chunk = Chunk::new(ANY, &mut bytes);
            loop {
                let Some(element) = elements.next() else {
                    self.add_run(chunk.take());
                    return self.finish();
                };
                if chunk.push(&element).is_err() {
                    self.add_run(chunk.take());
                    self.end_run()?;
                    self.tagged(&element)?;
                    break;
                }
                if chunk.is_full() {
                    self.add_run(chunk.take());
                }
            }
        }
        elements.try_for_each(|element| self.tagged(&element))?;
        self.finish()
    }

    #[inline]
    fn tagged<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.given += 1;
        value.serialize(&mut *self.encoder)
    }

    #[inline]
    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        if self.form != Form::Tagged {
            let kind = if let Form::Run(kind, _) = self.form { kind } else { ANY };
            let mut bytes = [0; WIDEST];
            let mut chunk = Chunk::new(kind, &mut bytes);
            if chunk.push(value).is_ok() {
                self.add_run(chunk.take());
                return Ok(());
            }
            self.end_run()?;
        }
        self.tagged(value)
    }

    #[inline]
    fn finish(self) -> Result<(), Error> {
        match self.announced {
            None => self.encoder.out.push(tag::END),
            Some(announced) if announced != self.given => return Err(Error::announced(announced, self.given)),
            Some(_) => {}
        }
        self.encoder.repeating -= 1;
        self.encoder.leave(self.levels);
        Ok(())
    }

    /// Appends elements to a run, or begins it.
    fn add_run(&mut self, (kind, bytes): (u8, &[u8])) {
        let Some(width) = width(kind).filter(|_| !bytes.is_empty()) else { return };
        let out = &mut *self.encoder.out;
        if self.form == Form::Empty {
            let announced = self.announced.unwrap_or(0);
            out.push(if self.tag == tag::SEQ { tag::SEQ_RUN } else { tag::TUPLE_RUN });
            out.push(kind);
            put_number(out, announced as u64);
            out.reserve(announced.saturating_mul(width).min(MOST_RESERVED));
            self.form = Form::Run(kind, out.len());
        }
        out.extend_from_slice(bytes);
        self.given += bytes.len() / width;
    }

    /// From now on each element has its tag; those of a run get one.
    #[cold]
    fn end_run(&mut self) -> Result<(), Error> {
        if self.announced.is_some_and(|len| len > MOST_TAGGED) {
            return Err(Error::too_many());
        }
        let out = &mut *self.encoder.out;
        let run = match self.form {
            Form::Run(kind, at) => Some((kind, out.split_off(at))),
            _ => None,
        };
        out.truncate(self.start);
        out.push(self.tag);
        put_number(out, self.announced.unwrap_or(0) as u64);
        if let Some((kind, bytes)) = run {
            for raw in bytes.chunks_exact(width(kind).unwrap_or(1)) {
                put_raw(kind, raw, out)?;
            }
        }
        self.form = Form::Tagged;
        Ok(())
    }
}

/// Appends an element of a run with its tag.
fn put_raw(kind: u8, raw: &[u8], out: &mut Vec<u8>) -> Result<(), Error> {
    macro_rules! by_kind {
        ($($type:ty),*) => {
            match kind {
                $(<$type>::KIND => <$type>::split_raw(raw)?.0.put(out),)*
                _ => return Err(Error::malformed("a run of no known kind")),
            }
        };
    }
    by_kind!(bool, u8, u16, u32, u64, u128, i8, i16, i32, i64, i128, f32, f64, char);
    Ok(())
}

macro_rules! elements {
    ($($trait:ident $method:ident),*) => {$(
        impl $trait for Elements<'_, '_> {
            type Ok = ();
            type Error = Error;

            #[inline]
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
                self.element(value)
            }

            #[inline]
            fn end(self) -> Result<(), Error> {
                self.finish()
            }
        }
    )*};
}

elements! {
    SerializeSeq serialize_element, SerializeTuple serialize_element,
    SerializeTupleStruct serialize_field, SerializeTupleVariant serialize_field
}
