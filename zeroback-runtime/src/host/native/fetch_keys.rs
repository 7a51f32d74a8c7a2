//! Documents that the engine wants: the keys of those who issue tokens.

use std::sync::OnceLock;
use std::time::Duration;

use crate::engine::Fetched;

/// How long a document may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How large it may be.
const BYTES_MAX: usize = 256 << 10;

/// Gets a document.
pub(super) async fn fetch(url: &str) -> Result<Fetched, String> {
    let asked = async {
        let mut response = client().get(url).send().await.map_err(cause)?;
        if response.status() != reqwest::StatusCode::OK {
            return Err(format!("{url} answered {}", response.status()));
        }
        let cache = response.headers().get(reqwest::header::CACHE_CONTROL);
        let max_age_ms = cache
            .and_then(|value| value.to_str().ok())
            .and_then(max_age_ms);
        let mut body = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(cause)? {
            body.extend_from_slice(&piece);
            if body.len() > BYTES_MAX {
                return Err(format!("{url} has over {BYTES_MAX} bytes"));
            }
        }
        let body = String::from_utf8(body).map_err(|_| format!("{url} is not UTF-8"))?;
        Ok(Fetched { body, max_age_ms })
    };
    match tokio::time::timeout(TIMEOUT, asked).await {
        Ok(fetched) => fetched,
        Err(_) => Err(format!("{url} did not answer within 10 seconds")),
    }
}

/// Returns the one client: its certificates take long to read.
fn client() -> &'static reqwest::Client {
    static CLIENT: OnceLock<reqwest::Client> = OnceLock::new();
    CLIENT.get_or_init(super::fetch::client)
}

/// Returns how long an answer is true, by its `Cache-Control` (RFC 9111, section 5.2.2).
fn max_age_ms(cache_control: &str) -> Option<i64> {
    let directives = cache_control.split(',').map(str::trim);
    let mut ages = directives.filter_map(|one| one.strip_prefix("max-age="));
    let seconds: i64 = ages.next()?.trim_matches('"').parse().ok()?;
    seconds.checked_mul(1_000)
}

fn cause(error: reqwest::Error) -> String {
    use std::error::Error as _;
    match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::max_age_ms;

    #[test]
    fn the_age_is_found_among_other_directives() {
        assert_eq!(max_age_ms("public, max-age=60"), Some(60_000));
        assert_eq!(max_age_ms("no-store"), None);
        assert_eq!(max_age_ms("s-maxage=3"), None);
        assert_eq!(max_age_ms("max-age=x"), None);
    }
}
