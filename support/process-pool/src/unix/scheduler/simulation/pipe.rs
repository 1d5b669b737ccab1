//! A model of a pipe.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read};

use super::universe::Universe;

/// A pipe. It takes and gives any part of what it could.
pub struct Pipe {
    bytes: VecDeque<u8>,
    capacity: usize,
}

impl Pipe {
    pub fn new(capacity: usize) -> Pipe {
        Pipe { bytes: VecDeque::new(), capacity }
    }

    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    pub fn room(&self) -> usize {
        self.capacity - self.bytes.len()
    }

    pub fn write<P>(&mut self, bytes: &[u8], universe: &mut Universe<P>) -> io::Result<usize> {
        let most = self.room().min(bytes.len());
        if most == 0 {
            universe.seen.note("writes to a full pipe");
            return Err(ErrorKind::WouldBlock.into());
        }
        let n = part(most, universe);
        self.bytes.extend(&bytes[..n]);
        Ok(n)
    }

    pub fn read<P>(&mut self, into: &mut [u8], universe: &mut Universe<P>) -> usize {
        let n = part(self.bytes.len().min(into.len()), universe);
        self.bytes.drain(..n).zip(into).for_each(|(byte, place)| *place = byte);
        n
    }
}

/// Mostly all, sometimes less.
fn part<P>(most: usize, universe: &mut Universe<P>) -> usize {
    if universe.random.chance(700) { most } else { universe.random.between(1, most.max(1)).min(most) }
}

/// For whoever reads by `std::io`.
pub struct Reading<'a, P>(pub &'a mut Pipe, pub &'a mut Universe<P>);

impl<P> Read for Reading<'_, P> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        Ok(self.0.read(into, self.1))
    }
}
