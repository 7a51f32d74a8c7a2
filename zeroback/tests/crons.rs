//! What runs by the clock, in a `TestApp` whose clock the test moves.
#![cfg(feature = "server")]
#![expect(missing_docs, reason = "a test")]

use std::time::Duration;

use zeroback::prelude::*;
use zeroback::testing::TestApp;

/// What has happened, and when.
#[derive(Debug, Table)]
pub struct Line {
    pub text: String,
    pub at: Timestamp,
}

#[query]
pub fn lines(ctx: &QueryCtx) -> Result<Vec<(String, Timestamp)>> {
    let lines = ctx.db.query::<Line>().collect()?;
    let line = |line: Doc<Line>| (line.text.clone(), line.at);
    Ok(lines.into_iter().map(line).collect())
}

#[mutation(internal)]
pub fn write(ctx: &MutationCtx, text: String) -> Result<()> {
    let at = ctx.now();
    ctx.db.insert(Line { text, at })?;
    Ok(())
}

/// Every hour, and at a quarter to one as well.
#[every(hours = 1)]
#[mutation(internal)]
#[cron("45 12 * * *")]
pub fn by_mutation(ctx: &MutationCtx) -> Result<()> {
    write(ctx, "mutation".to_owned())
}

/// Documentation goes where it is.
#[cron("30 */12 * * *")]
#[action(internal)]
pub async fn by_action(ctx: &ActionCtx) -> Result<()> {
    let text = "action".to_owned();
    Ok(ctx.run_mutation(write::Args { text }).await?)
}

zeroback::app!();

#[test]
fn everything_runs_at_its_own_time() {
    let t = TestApp::new(app());
    // It is midnight.
    let start = t.now();
    t.advance(Duration::from_secs(13 * 60 * 60));
    let mut expected: Vec<_> = (1..=13).map(|hour| ("mutation", hour * 60)).collect();
    expected.extend([
        ("action", 30),
        ("action", 12 * 60 + 30),
        ("mutation", 12 * 60 + 45),
    ]);
    expected.sort_by_key(|(_, minute)| *minute);
    let expected: Vec<_> = expected
        .into_iter()
        .map(|(text, minute)| (text.to_owned(), start + Duration::from_secs(60 * minute)))
        .collect();
    assert_eq!(t.query(lines::Args).unwrap(), expected);
}

#[test]
fn it_can_still_be_called_and_scheduled() {
    let t = TestApp::new(app());
    t.mutation(by_mutation::Args).unwrap();
    t.action(by_action::Args).unwrap();
    assert_eq!(t.query(lines::Args).unwrap().len(), 2);
}
