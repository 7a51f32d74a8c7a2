//! Mutations where the storage fails.

use super::shared::Device;
use crate::engine::tests::promise_texts;

#[test]
fn without_a_storage_everything_goes_on_in_memory_with_one_warning() {
    let mut device = Device::with(1);
    device.tabs[0].page.is_broken = true;
    let outcomes = ["a", "b"].map(|text| device.create(0, text, None));
    device.run();
    assert_eq!(device.texts(), ["a", "b"]);
    assert_eq!(promise_texts(&outcomes), ["\"tasks_1\"", "\"tasks_2\""]);
    assert_eq!(device.warnings().len(), 1, "{:?}", device.warnings());
}

#[test]
fn a_storage_that_is_full_by_the_time_gives_what_it_has_up_to_memory() {
    let mut device = Device::with(1);
    device.serve(0);
    device.lose(0);
    let mut outcomes = ["a", "b"].map(|text| device.create(0, text, None)).to_vec();
    device.rest();
    device.tabs[0].page.is_full = true;
    outcomes.push(device.create(0, "c", None));
    device.rest();
    device.run();
    assert_eq!(device.texts(), ["a", "b", "c"]);
    assert_eq!(
        promise_texts(&outcomes),
        ["\"tasks_1\"", "\"tasks_2\"", "\"tasks_3\""]
    );
}

#[test]
fn a_storage_that_takes_and_gives_nothing_keeps_what_it_has_until_it_does() {
    let mut device = Device::with(1);
    device.serve(0);
    device.lose(0);
    let mut outcomes = vec![device.create(0, "a", None)];
    device.rest();
    device.tabs[0].page.is_broken = true;
    outcomes.push(device.create(0, "b", None));
    device.run();
    assert_eq!(device.texts(), Vec::<String>::new());
    device.tabs[0].page.is_broken = false;
    device.advance(20_000);
    device.run();
    assert_eq!(device.texts(), ["a", "b"]);
    assert_eq!(promise_texts(&outcomes), ["\"tasks_1\"", "\"tasks_2\""]);
}
