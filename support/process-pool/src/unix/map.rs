//! A call that waits for all its results.

use std::borrow::Borrow;

use serde::Serialize;

use crate::unix::arguments::{Direct, Turn};
use crate::unix::call::Call;
use crate::unix::drive::{Shared, Wait};
use crate::unix::driver;
use crate::wire::Value;

/// Runs a call whose arguments this thread pulls, until its results are there.
pub fn map_alone<A: Serialize, R: Value + Send + 'static>(call: &Call<R>, arguments: impl Iterator<Item: Borrow<A>>) {
    let mut direct = Direct::new(arguments);
    loop {
        if direct.wants(call) {
            direct.pull(call);
        }
        call.shared.wait(&Turn(&*call.many, || direct.wants(call)), None);
        if call.many.is_over() {
            return;
        }
    }
}

/// Runs a call whose arguments may have to be waited for, until its results are there.
pub fn map_waiting<A: Serialize, R: Value + Send + 'static>(call: &Call<R>, arguments: impl Iterator<Item: Borrow<A>>) {
    // In a callback of the leader nobody else could receive results.
    if call.shared.is_led_by_me() {
        return map_alone(call, arguments);
    }
    if !driver::attend(&call.shared, true) {
        call.shared.attention.end();
        return map_alone(call, arguments);
    }
    let attended = EndAttention(&call.shared);
    call.pull(arguments, &mut 0);
    drop(attended);
    call.shared.wait(&*call.many, None);
}

struct EndAttention<'a>(&'a Shared);

impl Drop for EndAttention<'_> {
    fn drop(&mut self) {
        self.0.attention.end();
        self.0.ring();
    }
}
