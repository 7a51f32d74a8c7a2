//! When a function is called by the clock.

use std::fmt;

use chrono::{DateTime, Utc};
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use zeroback_protocol::Timestamp;

/// When a function is called by the clock; the macros have checked it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Schedule {
    /// At the times of an expression with five fields, in UTC.
    Cron(&'static str),
    /// Again and again.
    Every {
        /// How many seconds lie between two times.
        seconds: u64,
    },
}

impl Schedule {
    /// Returns the first time behind another one. `last` is the time before, where there was one: an
    /// interval is counted from there, so that it does not drift.
    pub(crate) fn next(self, now: Timestamp, last: Option<Timestamp>) -> Option<Timestamp> {
        match self {
            Self::Cron(expression) => {
                let now = DateTime::<Utc>::from_timestamp_millis(now.unix_ms())?;
                let next = parse(expression).find_next_occurrence(&now, false).ok()?;
                Some(Timestamp::from_unix_ms(next.timestamp_millis()))
            }
            Self::Every { seconds } => {
                let every_ms = i64::try_from(seconds).ok()?.checked_mul(1_000)?.max(1);
                let since = last.map_or(0, |last| now.unix_ms().saturating_sub(last.unix_ms()));
                let next = now.unix_ms() - since.rem_euclid(every_ms) + every_ms;
                Some(Timestamp::from_unix_ms(next))
            }
        }
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cron(expression) => f.write_str(expression),
            Self::Every { seconds } => write!(f, "every {seconds} s"),
        }
    }
}

fn parse(expression: &str) -> Cron {
    let parser = CronParser::builder()
        .seconds(Seconds::Disallowed)
        .year(Year::Disallowed)
        .build();
    parser
        .parse(expression)
        .expect("the macro has parsed it with the same parser")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        let time = DateTime::parse_from_rfc3339(text).unwrap();
        Timestamp::from_unix_ms(time.timestamp_millis())
    }

    #[track_caller]
    fn check(schedule: Schedule, now: &str, last: Option<&str>, expected: &str) {
        let next = schedule.next(at(now), last.map(at)).unwrap();
        assert_eq!(next, at(expected), "{schedule} behind {now}");
    }

    #[test]
    fn a_cron_expression_names_minutes_in_utc() {
        for (expression, now, expected) in [
            ("* * * * *", "2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z"),
            (
                "* * * * *",
                "2026-01-01T00:00:59.999Z",
                "2026-01-01T00:01:00Z",
            ),
            ("0 9 * * *", "2026-01-01T08:59:59Z", "2026-01-01T09:00:00Z"),
            ("0 9 * * *", "2026-01-01T09:00:00Z", "2026-01-02T09:00:00Z"),
            (
                "*/20 3-4 * * *",
                "2026-01-01T03:21:00Z",
                "2026-01-01T03:40:00Z",
            ),
            // 2026-01-01 is a Thursday; 0 and 7 are Sundays.
            ("0 0 * * 0", "2026-01-01T00:00:00Z", "2026-01-04T00:00:00Z"),
            ("0 0 * * 7", "2026-01-01T00:00:00Z", "2026-01-04T00:00:00Z"),
            (
                "30 9 * * MON-FRI",
                "2026-01-02T10:00:00Z",
                "2026-01-05T09:30:00Z",
            ),
            // Days of the month or of the week, as cron has it.
            (
                "0 0 13 * FRI",
                "2026-01-01T00:00:00Z",
                "2026-01-02T00:00:00Z",
            ),
            (
                "0 0 29 FEB *",
                "2026-01-01T00:00:00Z",
                "2028-02-29T00:00:00Z",
            ),
            ("0 0 31 * *", "2026-02-01T00:00:00Z", "2026-03-31T00:00:00Z"),
            (
                "0 0 1,15 1-6/2 *",
                "2026-01-15T00:00:00Z",
                "2026-03-01T00:00:00Z",
            ),
        ] {
            check(Schedule::Cron(expression), now, None, expected);
        }
    }

    #[test]
    fn an_interval_is_counted_from_its_last_time() {
        let every = Schedule::Every { seconds: 300 };
        for (now, last, expected) in [
            ("2026-01-01T00:00:07Z", None, "2026-01-01T00:05:07Z"),
            (
                "2026-01-01T00:05:09Z",
                Some("2026-01-01T00:05:07Z"),
                "2026-01-01T00:10:07Z",
            ),
            (
                "2026-01-01T00:05:07Z",
                Some("2026-01-01T00:05:07Z"),
                "2026-01-01T00:10:07Z",
            ),
            // Those that were missed are not made up for.
            (
                "2026-01-02T00:00:00Z",
                Some("2026-01-01T00:05:07Z"),
                "2026-01-02T00:00:07Z",
            ),
        ] {
            check(every, now, last, expected);
        }
    }
}
