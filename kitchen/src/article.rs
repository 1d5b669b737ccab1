//! The article's cooks as programs: a dish is a job, a cook is a thread, cutting is computing, and a pot on the stove is I/O.
//!
//! Article: 병렬성과 동시성의 차이, 비유. Run: `cargo run -p kitchen`. Python twin: `python/kitchens.py`.
//!
//! The article has the second and the third kitchen; the others are ours. Times are in minutes of the recipe.

use std::sync::{Mutex, PoisonError};
use std::thread;

use gil_sim::{Gil, SWITCH_INTERVAL};
use lab::{Error, Result};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;
use tokio::time;

use crate::dish::Dish;

// ANCHOR: waits
/// One cook, who stands by every pot until it is done: neither concurrency nor parallelism.
pub fn waits(dishes: Vec<Dish>) -> Result<()> {
    for mut dish in dishes {
        dish.cut(3);
        dish.simmer(4, thread::sleep);
        dish.cut(1);
    }
    Ok(())
}
// ANCHOR_END: waits

// ANCHOR: switches
/// Turns to another dish at the await.
async fn cook(mut dish: Dish) {
    dish.cut(3);
    dish.simmer_async(4, time::sleep).await;
    dish.cut(1);
}

/// One cook, who works on another dish while one simmers: concurrency.
pub fn switches(dishes: Vec<Dish>) -> Result<()> {
    let one_thread = one_thread()?;
    one_thread.block_on(async { dishes.into_iter().map(cook).collect::<JoinSet<()>>().join_all().await });
    Ok(())
}
// ANCHOR_END: switches

// ANCHOR: several
/// A cook for each dish: parallelism.
pub fn several(dishes: Vec<Dish>) -> Result<()> {
    a_cook_each(dishes, |mut dish| {
        dish.cut(3);
        dish.simmer(4, thread::sleep);
        dish.cut(1);
    })
}
// ANCHOR_END: several

// ANCHOR: one_stove
/// Several cooks and one stove, a mutex: they cut at the same time and simmer in turn.
pub fn one_stove(dishes: Vec<Dish>) -> Result<()> {
    let stove = &Mutex::new(());
    a_cook_each(dishes, |mut dish| {
        dish.cut(3);
        let mine = dish.wait_for_lock(|| stove.lock().unwrap_or_else(PoisonError::into_inner));
        dish.simmer(4, thread::sleep);
        drop(mine);
        dish.cut(1);
    })
}
// ANCHOR_END: one_stove

// ANCHOR: one_knife
/// Several cooks and one knife, the GIL: they cut in turns and simmer at the same time.
pub fn one_knife(dishes: Vec<Dish>) -> Result<()> {
    let knife = &Gil::new(SWITCH_INTERVAL);
    a_cook_each(dishes, |mut dish| {
        dish.cut_with(knife, 3);
        dish.simmer(4, thread::sleep);
        dish.cut_with(knife, 1);
    })
}
// ANCHOR_END: one_knife

// ANCHOR: blocks
/// Broken: waits without an await, so the only cook stands by this pot, and nobody works on the other dishes.
async fn stand_by(mut dish: Dish) {
    dish.cut(3);
    dish.simmer(4, thread::sleep);
    dish.cut(1);
}

/// One cook, who switches between the dishes but for one: the second blocks the kitchen.
pub fn blocks(dishes: Vec<Dish>) -> Result<()> {
    let task = |dish: Dish| async move { if dish.number == 2 { stand_by(dish).await } else { cook(dish).await } };
    let one_thread = one_thread()?;
    one_thread.block_on(async { dishes.into_iter().map(task).collect::<JoinSet<()>>().join_all().await });
    Ok(())
}
// ANCHOR_END: blocks

/// tokio's event loop on the calling thread.
fn one_thread() -> Result<Runtime> {
    Ok(Builder::new_current_thread().enable_time().build()?)
}

/// A thread for each dish.
fn a_cook_each(dishes: Vec<Dish>, cook: impl Fn(Dish) + Sync) -> Result<()> {
    let cook = &cook;
    thread::scope(|kitchen| {
        let start = |dish| thread::Builder::new().spawn_scoped(kitchen, move || cook(dish));
        let cooks = dishes.into_iter().map(start).collect::<Result<Vec<_>, _>>();
        cooks.map(drop).map_err(|e| Error::no_thread(&e))
    })
}
