//! What a continuous integration that has everything runs: `test`, with nothing skipped.

use anyhow::Result;

use crate::test;

pub(crate) fn run() -> Result<()> {
    test::run(&test::Options {
        only: Vec::new(),
        deny_skips: true,
    })
}
