//! Who issues the suite's tokens: under keys that the hosts are given, and under others that they fetch
//! from a server of the suite's own.
//!
//! The keys are made of fixed bytes, and protect nothing.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::Signer as _;
use hmac::{Hmac, KeyInit as _, Mac as _};
use rsa::pkcs8::DecodePrivateKey as _;
use rsa::traits::PublicKeyParts as _;
use rsa::{Pkcs1v15Sign, RsaPrivateKey};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// Of tokens under keys that the hosts are given.
pub const STATIC: &str = "https://static.example";

/// Of tokens under a secret that the hosts are given.
pub const SECRET: &str = "https://secret.example";

/// For whom all tokens are.
pub const AUDIENCE: &str = "suite";

/// The cookie that may have a token.
pub const COOKIE: &str = "zeroback_token";

/// How many issuers there are for one behaviour each.
const FRESH_MAX: u32 = 32;

const SHARED_SECRET: &str = "a secret of the suite's, with 32 bytes and more";

/// Beyond any clock of the suite's.
const FOREVER_S: i64 = 4_102_444_800;

/// What stands before a SHA-256 in an RSA signature (RFC 8017, section 9.2, note 1).
const SHA_256_PREFIX: [u8; 19] = [
    0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
    0x00, 0x04, 0x20,
];

static RSA: LazyLock<RsaPrivateKey> = LazyLock::new(|| {
    RsaPrivateKey::from_pkcs8_pem(include_str!("issuer-rsa.pem")).expect("it is a key")
});

static SERVER: LazyLock<SocketAddr> = LazyLock::new(serve);

/// The key sets that the server has, by their paths, and how often each was asked for.
static SETS: Mutex<BTreeMap<String, (Value, u32)>> = Mutex::new(BTreeMap::new());

/// A key to sign with.
#[derive(Clone, Copy, Debug)]
pub enum Key {
    /// RS256.
    Rsa,
    /// ES256; each number is another key.
    P256(u8),
    /// EdDSA; each number is another key.
    Ed25519(u8),
    /// HS256 under the shared secret.
    Secret,
}

/// A token in the making.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The members of its header.
    pub header: Value,
    /// Its claims.
    pub claims: Value,
    key: Key,
}

/// Returns a right token of a subject under a key.
#[must_use]
pub fn draft(key: Key, subject: &str) -> Draft {
    let issuer = match key {
        Key::Secret => SECRET,
        _ => STATIC,
    };
    Draft {
        header: json!({ "alg": key.algorithm(), "kid": key.id(), "typ": "JWT" }),
        claims: json!({
            "iss": issuer, "aud": AUDIENCE, "sub": subject, "exp": FOREVER_S,
            "name": format!("The {subject}"),
        }),
        key,
    }
}

/// Returns a right token of a subject.
#[must_use]
pub fn token(subject: &str) -> String {
    draft(Key::Ed25519(1), subject).sign()
}

/// Returns the setting of the hosts.
#[must_use]
pub fn setting() -> String {
    let keys = [Key::Rsa, Key::P256(1), Key::Ed25519(1)].map(Key::public);
    let server = *SERVER;
    let fetched = |name: &str| json!({ "issuer": issuer_at(name), "audience": AUDIENCE });
    let by_url = json!({
        "issuer": "https://by-url.example", "audience": AUDIENCE,
        "jwksUrl": format!("http://{server}/by-url/keys"),
    });
    let mut setting = json!({
        "providers": [
            { "issuer": STATIC, "audience": ["other", AUDIENCE], "jwks": { "keys": keys }, "leewaySeconds": 0 },
            { "issuer": SECRET, "audience": AUDIENCE, "secret": SHARED_SECRET, "claims": ["role"] },
            by_url, fetched("gone"), fetched("liar"),
        ],
        "cookie": true,
    });
    if let Some(providers) = setting["providers"].as_array_mut() {
        providers.extend((0..FRESH_MAX).map(|number| fetched(&format!("fresh-{number}"))));
    }
    setting.to_string()
}

/// Returns the name of an issuer that no other behaviour of this process uses.
#[must_use]
pub fn fresh() -> String {
    static LAST: AtomicU32 = AtomicU32::new(0);
    let number = LAST.fetch_add(1, Ordering::Relaxed);
    assert!(number < FRESH_MAX, "there are more issuers in the setting");
    format!("fresh-{number}")
}

/// Returns the issuer whose documents the server has under a name.
#[must_use]
pub fn issuer_at(name: &str) -> String {
    format!("http://{}/{name}", *SERVER)
}

/// Has the server give out these keys under a name.
pub fn publish(name: &str, keys: &[Key]) {
    let keys: Vec<_> = keys.iter().copied().map(Key::public).collect();
    let mut sets = SETS.lock().unwrap_or_else(PoisonError::into_inner);
    let entry = sets.entry(name.to_owned()).or_default();
    entry.0 = json!({ "keys": keys });
}

/// Returns how often the keys of a name were asked for.
#[must_use]
pub fn times_asked(name: &str) -> u32 {
    let sets = SETS.lock().unwrap_or_else(PoisonError::into_inner);
    sets.get(name).map_or(0, |(_, times)| *times)
}

/// Answers as the server does: a status, and a body.
#[must_use]
pub fn answer(url: &str) -> (u16, String) {
    let prefix = format!("http://{}/", *SERVER);
    let path = url.strip_prefix(&prefix).unwrap_or(url);
    let mut sets = SETS.lock().unwrap_or_else(PoisonError::into_inner);
    match path.split_once('/') {
        Some((name, ".well-known/openid-configuration")) if name != "gone" => {
            // One claims to be another.
            let issuer = issuer_at(if name == "liar" { "gone" } else { name });
            let keys = json!({ "issuer": issuer, "jwks_uri": format!("{prefix}{name}/keys") });
            (200, keys.to_string())
        }
        Some((name, "keys")) if sets.contains_key(name) => {
            let (keys, times) = sets.entry(name.to_owned()).or_default();
            *times += 1;
            (200, keys.to_string())
        }
        _ => (404, "there is nothing".to_owned()),
    }
}

impl Key {
    fn algorithm(self) -> &'static str {
        match self {
            Self::Rsa => "RS256",
            Self::P256(_) => "ES256",
            Self::Ed25519(_) => "EdDSA",
            Self::Secret => "HS256",
        }
    }

    fn id(self) -> String {
        match self {
            Self::P256(number) | Self::Ed25519(number) => format!("{}-{number}", self.algorithm()),
            Self::Rsa | Self::Secret => self.algorithm().to_owned(),
        }
    }

    fn p256(number: u8) -> p256::ecdsa::SigningKey {
        p256::ecdsa::SigningKey::from_slice(&[number; 32]).expect("it is a key")
    }

    /// Returns the key as a JWK, which for a secret is what must never be one.
    #[must_use]
    pub fn public(self) -> Value {
        let mut key = match self {
            Self::Rsa => json!({
                "kty": "RSA", "alg": "RS256",
                "n": encode(RSA.n().to_bytes_be()), "e": encode(RSA.e().to_bytes_be()),
            }),
            Self::P256(number) => {
                let point = Self::p256(number).verifying_key().to_sec1_point(false);
                let bytes = point.as_bytes();
                json!({
                    "kty": "EC", "crv": "P-256", "use": "sig",
                    "x": encode(&bytes[1..33]), "y": encode(&bytes[33..]),
                })
            }
            Self::Ed25519(number) => {
                let key = ed25519_dalek::SigningKey::from_bytes(&[number; 32]).verifying_key();
                json!({ "kty": "OKP", "crv": "Ed25519", "x": encode(key.as_bytes()) })
            }
            Self::Secret => json!({ "kty": "oct", "k": encode(SHARED_SECRET) }),
        };
        key["kid"] = self.id().into();
        key
    }

    fn sign(self, text: &str) -> Vec<u8> {
        match self {
            Self::Rsa => {
                let scheme = Pkcs1v15Sign {
                    hash_len: Some(32),
                    prefix: Box::new(SHA_256_PREFIX),
                };
                let signature = RSA.sign(scheme, &Sha256::digest(text));
                signature.expect("it can be signed")
            }
            Self::P256(number) => {
                let signature: p256::ecdsa::Signature = Self::p256(number).sign(text.as_bytes());
                signature.to_bytes().to_vec()
            }
            Self::Ed25519(number) => {
                let key = ed25519_dalek::SigningKey::from_bytes(&[number; 32]);
                key.sign(text.as_bytes()).to_bytes().to_vec()
            }
            Self::Secret => mac(SHARED_SECRET.as_bytes(), text),
        }
    }
}

impl Draft {
    /// Changes a claim; `null` takes it away.
    #[must_use]
    pub fn claim(mut self, name: &str, value: Value) -> Self {
        match value {
            Value::Null => self
                .claims
                .as_object_mut()
                .map(|claims| claims.remove(name)),
            value => Some(
                self.claims
                    .as_object_mut()
                    .and_then(|claims| claims.insert(name.to_owned(), value)),
            ),
        };
        self
    }

    /// Changes a member of the header.
    #[must_use]
    pub fn header(mut self, name: &str, value: Value) -> Self {
        self.header[name] = value;
        self
    }

    /// Returns the token.
    #[must_use]
    pub fn sign(&self) -> String {
        let text = self.text();
        let signature = self.key.sign(&text);
        format!("{text}.{}", encode(signature))
    }

    /// Returns the token with a signature of nobody's.
    #[must_use]
    pub fn unsigned(&self) -> String {
        format!("{}.", self.text())
    }

    /// Returns the token signed with a text that everybody knows, as if it were a secret.
    #[must_use]
    pub fn sign_with_text(&self, secret: &[u8]) -> String {
        let text = self.text();
        let signature = mac(secret, &text);
        format!("{text}.{}", encode(signature))
    }

    fn text(&self) -> String {
        format!(
            "{}.{}",
            encode(self.header.to_string()),
            encode(self.claims.to_string())
        )
    }
}

fn mac(secret: &[u8], text: &str) -> Vec<u8> {
    let mac = Hmac::<Sha256>::new_from_slice(secret).expect("any length will do");
    mac.chain_update(text).finalize().into_bytes().to_vec()
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Serves the documents of the issuers, until the process ends.
fn serve() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it has one");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else {
                continue;
            };
            std::thread::spawn(move || {
                let mut head = Vec::new();
                let mut piece = [0; 1_024];
                while !head.ends_with(b"\r\n\r\n") {
                    match stream.read(&mut piece) {
                        Ok(0) | Err(_) => return,
                        Ok(read) => head.extend_from_slice(&piece[..read]),
                    }
                }
                let head = String::from_utf8_lossy(&head);
                let path = head.split(' ').nth(1).unwrap_or_default();
                let (status, body) = answer(path.trim_start_matches('/'));
                let length = body.len();
                // Whoever asked may have gone.
                let _ = write!(
                    stream,
                    "HTTP/1.1 {status} Told\r\ncontent-type: application/json\r\ncache-control: max-age=300\r\n\
                     content-length: {length}\r\nconnection: close\r\n\r\n{body}"
                );
            });
        }
    });
    address
}
