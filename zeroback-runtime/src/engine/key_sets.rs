//! The keys of those who issue tokens: asked of the host when a token needs them, and kept.
//!
//! A set is asked for anew when it is old, and when a token names a key that is not in it, but at most
//! every so often: tokens cost nothing to make up. Where that fails, the keys that are there stay.

use zeroback_protocol::{ErrorCode, WireError};

use serde::Deserialize;

use super::outbox::{FetchId, Output};
use crate::Identity;
use crate::auth::{AuthSettings, KeySet, KeySource, Refused, Secrets, Token, may_be_fetched};

/// How long keys are taken for true whose server says nothing of it.
const FRESH_MS: i64 = 60 * 60 * 1_000;

/// The shortest and the longest time, whatever their server says.
const FRESH_MS_RANGE: (i64, i64) = (60 * 1_000, 24 * 60 * 60 * 1_000);

/// What was fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// The body of an answer with the status 200.
    pub body: String,
    /// For how long it is true, by its `Cache-Control`, in milliseconds.
    pub max_age_ms: Option<i64>,
}

/// When a token is looked at, and for how long keys are asked for once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    pub(super) ms: i64,
    pub(super) fetch_pause_ms: i64,
    /// Whether keys may be asked for: not by whoever has just waited for them.
    pub(super) may_ask: bool,
}

/// What a token comes to.
#[derive(Debug)]
pub(super) enum Looked {
    /// Somebody, until then in Unix milliseconds.
    Is(Box<Identity>, i64),
    Refused(WireError),
    /// It is to be looked at again when keys have come.
    Waits,
}

/// Who is trusted, and their keys.
#[derive(Debug, Default)]
pub(super) struct KeySets {
    settings: AuthSettings,
    /// One for each provider.
    sets: Vec<Kept>,
    last_fetch: u64,
}

/// What is kept of a provider whose keys are elsewhere.
#[derive(Debug, Default)]
struct Kept {
    keys: Option<KeySet>,
    fresh_until_ms: i64,
    /// When they may be asked for again.
    ask_again_ms: i64,
    fetching: Option<(FetchId, Stage)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Discovery,
    Keys,
}

/// What matters of a discovery document.
#[derive(Deserialize)]
struct Discovered {
    issuer: String,
    jwks_uri: String,
}

impl KeySets {
    pub(super) fn new(settings: AuthSettings) -> Self {
        let sets = settings.providers.iter().map(|_| Kept::default()).collect();
        Self {
            settings,
            sets,
            last_fetch: 0,
        }
    }

    /// Returns the name of the cookie that may have a token.
    pub(super) fn cookie(&self) -> Option<&str> {
        self.settings.cookie()
    }

    /// Tells whether a token says to be of an issuer who is trusted. Nothing of it is believed yet.
    pub(super) fn is_of_trusted(&self, text: &str) -> bool {
        let issuer = Token::said_issuer(text);
        issuer
            .is_some_and(|issuer| (self.settings.providers.iter()).any(|one| one.issuer == issuer))
    }

    /// Looks at a token. Where keys are wanting for it, asks for them.
    pub(super) fn look_at(&mut self, text: &str, now: Moment, ask: &mut impl Ask) -> Looked {
        if self.settings.providers.is_empty() {
            let text = "token: this server takes none";
            return Looked::Refused(WireError::new(ErrorCode::INVALID_TOKEN, text));
        }
        match self.check(text, now, ask) {
            Ok(Some((identity, until_ms))) => Looked::Is(Box::new(identity), until_ms),
            Ok(None) => Looked::Waits,
            Err(refused) => Looked::Refused(refused),
        }
    }

    fn check(
        &mut self,
        text: &str,
        now: Moment,
        ask: &mut impl Ask,
    ) -> Result<Option<(Identity, i64)>, WireError> {
        let now_ms = now.ms;
        let token = Token::parse(text).map_err(Refused::to_wire)?;
        let at = token.provider(&self.settings.providers);
        let at = at.map_err(Refused::to_wire)?;
        let provider = &self.settings.providers[at];
        let url = match &provider.keys {
            KeySource::Static(keys) => {
                let checked = token.check(provider, keys, now_ms);
                return checked.map(Some).map_err(Refused::to_wire);
            }
            KeySource::Url(url) => (Stage::Keys, url),
            KeySource::Discovery(url) => (Stage::Discovery, url),
        };
        let kept = &self.sets[at];
        let is_fresh = kept.keys.is_some() && now_ms < kept.fresh_until_ms;
        if kept.fetching.is_some() {
            // Anybody can make up a token that has keys asked for. Who has one under a known key waits for none.
            let known = kept.keys.as_ref().filter(|_| is_fresh);
            return match known.map(|keys| token.check(provider, keys, now_ms)) {
                None | Some(Err(Refused::NoKey)) => Ok(None),
                Some(checked) => checked.map(Some).map_err(Refused::to_wire),
            };
        }
        let may_ask = now.may_ask && now_ms >= kept.ask_again_ms;
        let checked = match &kept.keys {
            Some(keys) if is_fresh || !may_ask => Some(token.check(provider, keys, now_ms)),
            _ => None,
        };
        match checked {
            Some(Err(Refused::NoKey)) | None if may_ask => {
                let (stage, url) = (url.0, url.1.clone());
                self.fetch(at, stage, url, ask);
                self.sets[at].ask_again_ms = now_ms + now.fetch_pause_ms;
                Ok(None)
            }
            Some(checked) => checked.map(Some).map_err(Refused::to_wire),
            None => {
                let text = "the keys of the token's issuer cannot be had; try again";
                Err(WireError::new(ErrorCode::UNAVAILABLE, text))
            }
        }
    }

    fn fetch(&mut self, at: usize, stage: Stage, url: String, ask: &mut impl Ask) {
        self.last_fetch += 1;
        let fetch = FetchId(self.last_fetch);
        self.sets[at].fetching = Some((fetch, stage));
        ask.ask(Output::Fetch { fetch, url });
    }

    /// Takes in what a fetch has come to. Returns whether those who wait for keys are to be looked at
    /// again.
    ///
    /// # Errors
    ///
    /// Fails where there are no new keys; then they are to be looked at too, and the text is for the log.
    pub(super) fn take(
        &mut self,
        fetch: FetchId,
        result: Result<Fetched, String>,
        now_ms: i64,
        ask: &mut impl Ask,
    ) -> Result<bool, String> {
        let is_it = |kept: &Kept| kept.fetching.is_some_and(|(id, _)| id == fetch);
        let Some(at) = self.sets.iter().position(is_it) else {
            return Ok(false);
        };
        let stage = self.sets[at].fetching.take().map(|(_, stage)| stage);
        let issuer = &self.settings.providers[at].issuer;
        let failed = |text: String| format!("the keys of {issuer} could not be fetched: {text}");
        let fetched = result.map_err(failed)?;
        if stage == Some(Stage::Discovery) {
            let url = jwks_uri(issuer, &fetched.body).map_err(failed)?;
            self.fetch(at, Stage::Keys, url, ask);
            return Ok(false);
        }
        let keys =
            KeySet::parse(&fetched.body, Secrets::PassedOver).filter(|keys| !keys.is_empty());
        let keys =
            keys.ok_or_else(|| failed("there is no key in the set that can be used".to_owned()))?;
        let (least, most) = FRESH_MS_RANGE;
        let fresh_ms = fetched.max_age_ms.unwrap_or(FRESH_MS).clamp(least, most);
        let kept = &mut self.sets[at];
        kept.keys = Some(keys);
        kept.fresh_until_ms = now_ms + fresh_ms;
        Ok(true)
    }
}

/// Takes what the host is asked to do.
pub(super) trait Ask {
    fn ask(&mut self, output: Output);
}

impl Ask for std::collections::VecDeque<Output> {
    fn ask(&mut self, output: Output) {
        self.push_back(output);
    }
}

fn jwks_uri(issuer: &str, document: &str) -> Result<String, String> {
    let discovered: Discovered =
        serde_json::from_str(document).map_err(|_| "it is no discovery document".to_owned())?;
    if discovered.issuer != issuer {
        return Err("its discovery document is of another issuer".to_owned());
    }
    if !may_be_fetched(&discovered.jwks_uri) {
        return Err("its jwks_uri does not begin with https://".to_owned());
    }
    Ok(discovered.jwks_uri)
}
