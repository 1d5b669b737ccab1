//! The names of fields and variants that a value has already written, so that the second struct of a sequence refers to
//! those of the first.

/// The name of a newtype struct whose encoding need not be the same on both sides, since it travels by other ways.
pub const OPAQUE: &str = "process_pool::opaque";

/// Longer names are written each time.
pub const LONGEST_SHARED: usize = 63;
/// Further names are written each time: they are searched one by one.
const MOST: usize = 64;

#[derive(Default)]
pub struct Names {
    known: Vec<Known>,
    /// The last that was found.
    last: usize,
}

struct Known {
    /// The literal: same place and length means same name. The same name in two places is known twice.
    literal: (usize, usize),
    /// Where it was written.
    at: usize,
    /// What came after it the last time. Structs repeat their names in the same order.
    next: usize,
}

impl Names {
    /// Where this name was written before; if it was not, it is now at `here`.
    #[inline]
    pub fn find(&mut self, name: &'static str, here: usize) -> Option<usize> {
        let literal = (name.as_ptr() as usize, name.len());
        if name.len() < 2 || name.len() > LONGEST_SHARED {
            return None;
        }
        let guess = self.known.get(self.last).map_or(0, |last| last.next);
        if let Some(known) = self.known.get(guess).filter(|known| known.literal == literal) {
            self.last = guess;
            return Some(known.at);
        }
        self.search(literal, here)
    }

    fn search(&mut self, literal: (usize, usize), here: usize) -> Option<usize> {
        let found = self.known.iter().position(|known| known.literal == literal);
        let place = found.unwrap_or(self.known.len());
        if found.is_none() {
            if place == MOST {
                return None;
            }
            self.known.push(Known { literal, at: here, next: 0 });
        }
        if let Some(last) = self.known.get_mut(self.last) {
            last.next = place;
        }
        self.last = place;
        found.map(|place| self.known[place].at)
    }
}
