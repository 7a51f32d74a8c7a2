#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(init: zeroback_fuzz::let_the_fixture_panic(), |bytes: &[u8]| {
    zeroback_fuzz::archives::check(bytes);
});
