//! The setting `ZEROBACK_ACCOUNTS`: how long sessions last.

use std::fmt;

use serde::Deserialize;
use serde_json::error::Category;

/// How long a session lasts unless the setting says otherwise, and at most.
const SESSION_DAYS: u32 = 30;
const SESSION_DAYS_MAX: u32 = 400;

/// How accounts are kept. By default people sign in by passwords alone.
#[derive(Clone, Default)]
pub struct AccountSettings {
    session_days: Option<u32>,
}

/// What is wrong with the setting. It has no part of a secret in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountSettingsError(String);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Form {
    #[serde(default)]
    session_days: Option<u32>,
}

impl AccountSettings {
    /// Reads the setting, a JSON object.
    ///
    /// # Errors
    ///
    /// Fails where it is not of its form, or could not be meant: the text says where.
    pub fn parse(json: &str) -> Result<Self, AccountSettingsError> {
        let form: Form = serde_json::from_str(json).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            // What serde says of a value may quote it.
            let what = match error.classify() {
                Category::Data => "it is not of the form that the guide describes",
                _ => "it is not JSON",
            };
            AccountSettingsError(format!("at line {line}, column {column}: {what}"))
        })?;
        let fail = |text: String| Err(AccountSettingsError(text));
        if !(1..=SESSION_DAYS_MAX).contains(&form.session_days.unwrap_or(SESSION_DAYS)) {
            return fail(format!("sessionDays: must be 1 to {SESSION_DAYS_MAX}"));
        }
        Ok(Self {
            session_days: form.session_days,
        })
    }

    /// Returns how long a session lasts, in milliseconds.
    pub(crate) fn session_ms(&self) -> u64 {
        u64::from(self.session_days.unwrap_or(SESSION_DAYS)) * 24 * 60 * 60 * 1_000
    }
}

/// It says nothing of secrets.
impl fmt::Debug for AccountSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccountSettings")
            .field("session_days", &self.session_days)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for AccountSettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ZEROBACK_ACCOUNTS: {}", self.0)
    }
}

impl std::error::Error for AccountSettingsError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_has_its_default() {
        let day_ms = 24 * 60 * 60 * 1_000;
        let session_ms = |json| AccountSettings::parse(json).map(|settings| settings.session_ms());
        assert_eq!(session_ms("{}"), Ok(30 * day_ms));
        assert_eq!(session_ms(r#"{ "sessionDays": 1 }"#), Ok(day_ms));
        for json in ["[", r#"{ "sessionDays": 0 }"#, r#"{ "sessionsDays": 1 }"#] {
            assert!(session_ms(json).is_err(), "{json}");
        }
    }
}
