//! The cooks' hands do what was done to the dishes, and one thing at a time.

use std::time::Duration;

use kitchen::dish::Minute;
use kitchen::hands;
use kitchen::kitchens::{ALL, Kitchen, Order};
use lab::lang::Text;
use lab::trace::{Lane, State, Trace};

#[test]
fn hands_do_all_the_cutting_and_one_thing_at_a_time() {
    for kitchen in ALL {
        let minute = Minute { lasts: Duration::from_millis(5), iterations: 1_000_000 };
        let dishes = kitchen.run(Order { dishes: 3, minute }).unwrap();
        let hands = hands::of(kitchen, &dishes);
        let all = |trace: &Trace, state| trace.lanes.iter().map(|lane| lane.time_in(state)).sum::<u64>();
        assert_eq!(all(&hands, State::Running), all(&dishes, State::Running), "{kitchen:?}");
        for lane in &hands.lanes {
            assert!(lane.spans.windows(2).all(|pair| pair[0].end <= pair[1].start), "{kitchen:?}: {:?}", lane.spans);
        }
        let one_cook = matches!(kitchen, Kitchen::Waits | Kitchen::Switches | Kitchen::Blocks);
        assert_eq!(hands.lanes.len(), if one_cook { 1 } else { 3 }, "{kitchen:?}");
    }
    // One pair of hands cannot do what several cooks did at the same time.
    let cut = |start| Lane::of(Text::default(), State::Running, start, start + 10);
    let together = Trace::new(Text::default(), vec![cut(0), cut(5)]);
    let hands = hands::of(Kitchen::Waits, &together);
    assert!(hands.lanes[0].spans.windows(2).any(|pair| pair[0].end > pair[1].start));
}
