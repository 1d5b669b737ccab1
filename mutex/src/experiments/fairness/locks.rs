//! The locks whose fairness is compared, and how each is let go of.

use parking_lot::{FairMutex, MutexGuard};

use crate::locks::{Guarded, TicketLock};

type Around = Box<dyn Fn(&mut dyn FnMut()) + Send + Sync>;

/// A lock, and how it is let go of.
pub struct Contender {
    /// Its name in measurements.
    pub id: &'static str,
    /// Its name in tables.
    pub name: &'static str,
    /// Whether it promises that nobody is passed by.
    pub fair: bool,
    /// Does something inside.
    pub around: Around,
}

impl Contender {
    /// A lock that does something inside.
    pub fn new(
        (id, name, fair): (&'static str, &'static str, bool),
        around: impl Fn(&mut dyn FnMut()) + Send + Sync + 'static,
    ) -> Contender {
        Contender { id, name, fair, around: Box::new(around) }
    }
}

// ANCHOR: contenders
/// The locks that are compared.
pub fn contenders() -> Vec<Contender> {
    let std = std::sync::Mutex::new(());
    let before = parking_lot_012::Mutex::new(());
    let now = parking_lot::Mutex::new(());
    let handed_over = parking_lot::Mutex::new(());
    let fair = FairMutex::new(());
    let ticket = Guarded::<TicketLock, ()>::new(());
    vec![
        Contender::new(("std", "std::sync::Mutex", false), move |inside| {
            let _held = std.lock();
            inside();
        }),
        Contender::new(("parking_lot_012", "parking_lot 0.12", false), move |inside| {
            let _held = before.lock();
            inside();
        }),
        Contender::new(("parking_lot_013", "parking_lot 0.13", false), move |inside| {
            let _held = now.lock();
            inside();
        }),
        Contender::new(("unlock_fair", "unlock_fair (0.13)", true), move |inside| {
            let held = handed_over.lock();
            inside();
            MutexGuard::unlock_fair(held);
        }),
        Contender::new(("fair_mutex", "FairMutex (0.13)", true), move |inside| {
            let _held = fair.lock();
            inside();
        }),
        Contender::new(("ticket", "TicketLock", true), move |inside| ticket.with(|()| inside())),
    ]
}
// ANCHOR_END: contenders
