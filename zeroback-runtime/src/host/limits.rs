//! The engine's limits as an operator gives them: the variable `ZEROBACK_LIMITS`, a JSON object
//! such as `{"message_bytes_max":1048576}`.

use std::collections::BTreeMap;
use std::fmt;

use crate::engine::{EngineConfig, WorkLimits};

/// Some limits, by their names in [`EngineConfig`] and [`WorkLimits`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits(BTreeMap<String, u64>);

/// Why limits cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitsError(String);

impl Limits {
    /// Reads a JSON object of numbers.
    ///
    /// # Errors
    ///
    /// Fails for anything else.
    pub fn parse(json: &str) -> Result<Self, LimitsError> {
        serde_json::from_str(json)
            .map(Self)
            .map_err(|error| LimitsError(format!("not an object of whole numbers: {error}")))
    }

    /// Puts them in the place of what is there.
    ///
    /// # Errors
    ///
    /// Fails where there is no limit of such a name, or it cannot be as large.
    pub fn set_in(&self, config: &mut EngineConfig) -> Result<(), LimitsError> {
        (self.0.iter()).try_for_each(|(name, value)| set(config, name, *value))
    }
}

fn set(config: &mut EngineConfig, name: &str, value: u64) -> Result<(), LimitsError> {
    // Without `..`, so that none is forgotten here.
    let EngineConfig {
        message_bytes_max,
        queries_max,
        transition_bytes_max,
        live_args_bytes_max,
        unacknowledged_bytes_max,
        slow_client_ms,
        resume_ms,
        live_result_bytes_max,
        delta_bytes_max,
        record_ms,
        records_max,
        record_bytes_max,
        // It is the host that knows.
        hibernates: _,
        work,
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
    macro_rules! set_named {
        ($($limit:ident),* $(,)?) => {
            match name {
                $(stringify!($limit) => put($limit, name, value),)*
                _ => Err(LimitsError(format!("there is no limit \"{name}\""))),
            }
        };
    }
    set_named!(
        message_bytes_max,
        queries_max,
        transition_bytes_max,
        live_args_bytes_max,
        unacknowledged_bytes_max,
        slow_client_ms,
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
            ..EngineConfig::default()
        };
        let json = r#"{"queries_max":3,"slow_client_ms":4,"document_depth_max":5}"#;
        assert_eq!(set_in(json), Ok(expected));
        assert_eq!(set_in("{}"), Ok(EngineConfig::default()));
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
