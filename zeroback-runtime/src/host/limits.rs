//! The limits as an operator gives them: the variable `ZEROBACK_LIMITS`, a JSON object such as
//! `{"message_bytes_max":1048576}`. All are the engine's but one, which is the native host's.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;

use crate::engine::{EngineConfig, FileLimits, JobLimits, WorkLimits};
use crate::web::WebLimits;

/// The name of how long a function may run.
const FUNCTION_MS_MAX: &str = "function_ms_max";

/// From a millisecond to a day: none at all would fail every function.
const FUNCTION_MS_MAX_RANGE: RangeInclusive<u64> = 1..=24 * 60 * 60 * 1_000;

/// Some limits, by their names in [`EngineConfig`], [`WorkLimits`], [`JobLimits`], [`FileLimits`] and
/// [`WebLimits`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    of_engine: BTreeMap<String, u64>,
    function_ms_max: Option<u64>,
}

/// Why limits cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitsError(String);

impl Limits {
    /// Reads a JSON object of numbers.
    ///
    /// # Errors
    ///
    /// Fails for anything else, and where a function may not run for so long.
    pub fn parse(json: &str) -> Result<Self, LimitsError> {
        let mut of_engine: BTreeMap<String, u64> = serde_json::from_str(json)
            .map_err(|error| LimitsError(format!("not an object of whole numbers: {error}")))?;
        let function_ms_max = of_engine.remove(FUNCTION_MS_MAX);
        if let Some(value) = function_ms_max.filter(|value| !FUNCTION_MS_MAX_RANGE.contains(value))
        {
            let (least, most) = FUNCTION_MS_MAX_RANGE.into_inner();
            let text = format!("{FUNCTION_MS_MAX} must be from {least} to {most}, not {value}");
            return Err(LimitsError(text));
        }
        Ok(Self {
            of_engine,
            function_ms_max,
        })
    }

    /// Returns how long one run of a function may take on the native host, in milliseconds, if that
    /// is given. A Durable Object has no such limit: its clock stands still while a function runs.
    #[must_use]
    pub fn function_ms_max(&self) -> Option<u64> {
        self.function_ms_max
    }

    /// Puts those of the engine in the place of what is there.
    ///
    /// # Errors
    ///
    /// Fails where there is no limit of such a name, or it cannot be as large.
    pub fn set_in(&self, config: &mut EngineConfig) -> Result<(), LimitsError> {
        (self.of_engine.iter()).try_for_each(|(name, value)| set(config, name, *value))
    }
}

/// Sets the limit of a name, which is one of these variables.
macro_rules! set_named {
    (($name:ident, $value:ident): $($limit:ident),* $(,)?) => {
        match $name {
            $(stringify!($limit) => put($limit, $name, $value),)*
            _ => Err(LimitsError(format!("there is no limit \"{}\"", $name))),
        }
    };
}

fn set(config: &mut EngineConfig, name: &str, value: u64) -> Result<(), LimitsError> {
    // Without `..`, so that none is forgotten here.
    let EngineConfig {
        message_bytes_max,
        queries_max,
        calls_per_second,
        calls_burst,
        actions_max,
        transition_bytes_max,
        live_args_bytes_max,
        unacknowledged_bytes_max,
        slow_client_ms,
        authentication_ms,
        key_fetch_pause_ms,
        waiting_bytes_max,
        waiting_calls_bytes_max,
        resume_ms,
        live_result_bytes_max,
        delta_bytes_max,
        record_ms,
        records_max,
        record_bytes_max,
        // It is the host that knows.
        noted: _,
        hibernates: _,
        work,
        jobs,
        files,
        web,
        schema_rows_in_one_transaction_max,
        schema_rows_per_step,
    } = config;
    let WorkLimits {
        documents_read_max,
        bytes_read_max,
        documents_written_max,
        document_bytes_max,
        document_depth_max,
        array_elements_max,
        result_bytes_max,
        mutation_result_bytes_max,
        database_calls_max,
        bytes_written_max,
    } = work;
    match name.split('_').next() {
        Some("job" | "jobs") => return set_of_jobs(jobs, name, value),
        Some("file") => return set_of_files(files, name, value),
        Some("body" | "fetch") => return set_of_web(web, name, value),
        _ => {}
    }
    set_named!(
        (name, value):
        message_bytes_max,
        queries_max,
        calls_per_second,
        calls_burst,
        actions_max,
        transition_bytes_max,
        live_args_bytes_max,
        unacknowledged_bytes_max,
        slow_client_ms,
        authentication_ms,
        key_fetch_pause_ms,
        waiting_bytes_max,
        waiting_calls_bytes_max,
        resume_ms,
        live_result_bytes_max,
        delta_bytes_max,
        record_ms,
        records_max,
        record_bytes_max,
        schema_rows_in_one_transaction_max,
        schema_rows_per_step,
        documents_read_max,
        bytes_read_max,
        documents_written_max,
        document_bytes_max,
        document_depth_max,
        array_elements_max,
        result_bytes_max,
        mutation_result_bytes_max,
        database_calls_max,
        bytes_written_max,
    )
}

fn set_of_jobs(jobs: &mut JobLimits, name: &str, value: u64) -> Result<(), LimitsError> {
    let JobLimits {
        jobs_per_mutation_max,
        job_args_bytes_max,
        jobs_waiting_max,
        jobs_per_turn,
        job_actions_max,
        job_attempts_max,
        job_retry_ms,
        job_retry_ms_max,
        jobs_ended_max,
        job_ended_ms,
    } = jobs;
    set_named!(
        (name, value):
        jobs_per_mutation_max,
        job_args_bytes_max,
        jobs_waiting_max,
        jobs_per_turn,
        job_actions_max,
        job_attempts_max,
        job_retry_ms,
        job_retry_ms_max,
        jobs_ended_max,
        job_ended_ms,
    )
}

fn set_of_files(files: &mut FileLimits, name: &str, value: u64) -> Result<(), LimitsError> {
    let FileLimits {
        file_bytes_max,
        file_upload_ms,
        file_attempts_max,
        file_url_ms,
        file_unreferenced_ms,
    } = files;
    set_named!(
        (name, value):
        file_bytes_max,
        file_upload_ms,
        file_attempts_max,
        file_url_ms,
        file_unreferenced_ms,
    )
}

fn set_of_web(web: &mut WebLimits, name: &str, value: u64) -> Result<(), LimitsError> {
    let WebLimits {
        body_bytes_max,
        body_stall_ms,
        fetch_silence_ms,
        fetch_redirects_max,
    } = web;
    set_named!(
        (name, value):
        body_bytes_max,
        body_stall_ms,
        fetch_silence_ms,
        fetch_redirects_max,
    )
}

fn put<T: TryFrom<u64>>(limit: &mut T, name: &str, value: u64) -> Result<(), LimitsError> {
    *limit = T::try_from(value)
        .map_err(|_| LimitsError(format!("{name} cannot be as large as {value}")))?;
    Ok(())
}

impl fmt::Display for LimitsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ZEROBACK_LIMITS: {}", self.0)
    }
}

impl std::error::Error for LimitsError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn set_in(json: &str) -> Result<EngineConfig, String> {
        let mut config = EngineConfig::default();
        let set = Limits::parse(json).and_then(|limits| limits.set_in(&mut config));
        set.map(|()| config).map_err(|error| error.to_string())
    }

    #[test]
    fn those_that_are_named_are_set() {
        let expected = EngineConfig {
            queries_max: 3,
            slow_client_ms: 4,
            work: WorkLimits {
                document_depth_max: 5,
                ..WorkLimits::default()
            },
            jobs: JobLimits {
                jobs_per_turn: 6,
                ..JobLimits::default()
            },
            files: FileLimits {
                file_url_ms: 7,
                ..FileLimits::default()
            },
            web: WebLimits {
                body_stall_ms: 8,
                fetch_redirects_max: 9,
                ..WebLimits::default()
            },
            ..EngineConfig::default()
        };
        let json = r#"{"queries_max":3,"slow_client_ms":4,"document_depth_max":5,
            "jobs_per_turn":6,"file_url_ms":7,"body_stall_ms":8,"fetch_redirects_max":9}"#;
        assert_eq!(set_in(json), Ok(expected));
        assert_eq!(set_in("{}"), Ok(EngineConfig::default()));
    }

    #[test]
    fn the_time_of_a_function_has_bounds() {
        let parsed = |value: u64| Limits::parse(&format!("{{\"function_ms_max\":{value}}}"));
        for value in [1, 86_400_000] {
            let limits = parsed(value).unwrap();
            assert_eq!(limits.function_ms_max(), Some(value));
            let mut config = EngineConfig::default();
            limits.set_in(&mut config).unwrap();
            assert_eq!(config, EngineConfig::default(), "it is not the engine's");
        }
        for value in [0, 86_400_001] {
            let refused = parsed(value).unwrap_err().to_string();
            assert_eq!(
                refused,
                format!("ZEROBACK_LIMITS: function_ms_max must be from 1 to 86400000, not {value}")
            );
        }
        assert_eq!(Limits::parse("{}").unwrap().function_ms_max(), None);
    }

    #[test]
    fn what_is_no_limit_is_refused() {
        #[track_caller]
        fn check(json: &str, expected: &str) {
            let refused = set_in(json).expect_err("it is refused");
            assert!(refused.contains(expected), "{refused}");
        }
        check("7", "not an object");
        check(r#"{"queries_max":"7"}"#, "not an object of whole numbers");
        check(r#"{"queries_max":-7}"#, "not an object of whole numbers");
        check(
            r#"{"queriesMax":7}"#,
            "ZEROBACK_LIMITS: there is no limit \"queriesMax\"",
        );
        check(r#"{"hibernates":1}"#, "no limit \"hibernates\"");
        check(
            r#"{"document_depth_max":4294967296}"#,
            "document_depth_max cannot be as large as 4294967296",
        );
    }
}
