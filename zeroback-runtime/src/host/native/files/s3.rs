//! Files in a bucket that speaks S3.

use std::sync::Arc;
use std::time::Duration;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::client::{HttpClient, HttpConnector};
use object_store::path::Path as Key;
use object_store::prefix::PrefixStore;
use object_store::{ClientConfigKey, ClientOptions, RetryConfig};
use reqwest::Url;

use super::super::fetch;
use super::{Files, FilesPlaceError};

/// How often a request is made again that the service has failed at, and for how long.
const RETRIES_MAX: usize = 3;
const RETRY_TIMEOUT: Duration = Duration::from_secs(30);

/// How long the service may be silent.
const SILENCE_MAX: Duration = Duration::from_secs(30);

/// Makes clients that trust whom all others of the server's trust.
#[derive(Debug)]
struct Connector;

impl HttpConnector for Connector {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        let allows_http = options.get_config_value(&ClientConfigKey::AllowHttp);
        let builder = fetch::client_builder()
            .https_only(allows_http.as_deref() != Some("true"))
            .read_timeout(SILENCE_MAX);
        Ok(HttpClient::new(fetch::built(builder)))
    }
}

/// Returns the files that lie in a bucket below a prefix.
pub(super) fn bucket_of(
    bucket: &str,
    prefix: &str,
    settings: impl Iterator<Item = (String, String)>,
) -> Result<Files, FilesPlaceError> {
    // Not every service can delete many at once, and here it is one at a time.
    let mut builder = AmazonS3Builder::new()
        .with_disable_bulk_delete(true)
        .with_http_connector(Connector)
        .with_retry(RetryConfig {
            max_retries: RETRIES_MAX,
            retry_timeout: RETRY_TIMEOUT,
            ..RetryConfig::default()
        });
    for (name, value) in settings.filter(|(name, _)| name.starts_with("AWS_")) {
        // Others are for other tools.
        if let Ok(key) = name.to_ascii_lowercase().parse::<AmazonS3ConfigKey>() {
            builder = builder.with_config(key, value);
        }
    }
    check_endpoint(&builder)?;
    let store = builder.with_bucket_name(bucket).build();
    let store = store.map_err(|error| FilesPlaceError(error.to_string()))?;
    let prefix = Key::parse(prefix.trim_end_matches('/'))
        .map_err(|_| FilesPlaceError("what stands behind the bucket is no path".to_owned()))?;
    Ok(Files(match prefix.as_ref().is_empty() {
        true => Arc::new(store),
        false => Arc::new(PrefixStore::new(store, prefix)),
    }))
}

/// Refuses an endpoint that could not be asked.
fn check_endpoint(builder: &AmazonS3Builder) -> Result<(), FilesPlaceError> {
    let keys = [AmazonS3ConfigKey::S3Endpoint, AmazonS3ConfigKey::Endpoint];
    let Some(endpoint) = keys.iter().find_map(|key| builder.get_config_value(key)) else {
        return Ok(());
    };
    let allow_http = AmazonS3ConfigKey::Client(ClientConfigKey::AllowHttp);
    let allows_http = builder.get_config_value(&allow_http).as_deref() == Some("true");
    let text = match Url::parse(&endpoint).as_ref().map(Url::scheme) {
        Ok("https") => return Ok(()),
        Ok("http") if allows_http => return Ok(()),
        Ok("http") => "AWS_ENDPOINT begins with http://, which only AWS_ALLOW_HTTP=true allows",
        _ => "AWS_ENDPOINT is no URL that begins with https://",
    };
    Err(FilesPlaceError(text.to_owned()))
}

#[cfg(test)]
mod tests;
