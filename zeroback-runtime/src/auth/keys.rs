//! Key sets (RFC 7517), and signatures under their keys.
//!
//! A key is for one algorithm, whatever a token says: RSA for RS256, P-256 for ES256, Ed25519 for EdDSA,
//! and a secret for HS256. So a token cannot have a public key taken for a secret.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use p256::ecdsa::signature::Verifier as _;
use rsa::{BigUint, Pkcs1v15Sign, RsaPublicKey};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// How many keys of a set are looked at.
const KEYS_MAX: usize = 64;

/// A shorter RSA key can be broken.
const RSA_BITS_MIN: usize = 2_048;

/// A longer RSA key takes too long.
const RSA_BITS_MAX: usize = 8_192;

/// A shorter secret can be guessed.
pub(super) const SECRET_BYTES_MIN: usize = 32;

/// What stands before a SHA-256 in an RSA signature (RFC 8017, section 9.2, note 1).
const SHA_256_PREFIX: [u8; 19] = [
    0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
    0x00, 0x04, 0x20,
];

/// The keys of an issuer.
#[derive(Clone, Debug, Default)]
pub(crate) struct KeySet(Vec<Key>);

/// A key, and its name where it has one.
#[derive(Clone)]
struct Key {
    id: Option<String>,
    material: Material,
}

#[derive(Clone)]
enum Material {
    Rsa(Box<RsaPublicKey>),
    P256(Box<p256::ecdsa::VerifyingKey>),
    Ed25519(Box<ed25519_dalek::VerifyingKey>),
    Secret(Vec<u8>),
}

/// Whether secrets are taken out of a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Secrets {
    /// It comes out of the settings.
    Taken,
    /// It was fetched: what everybody can read is no secret.
    PassedOver,
}

/// What a signature has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signature {
    Right,
    /// No key of the set is the one that the token names.
    NoKey,
    /// The key is for another algorithm than the token says.
    OtherAlgorithm,
    Wrong,
}

#[derive(Deserialize)]
struct SetForm {
    keys: Vec<Value>,
}

/// The members that matter; others are passed over, as RFC 7517 has it.
#[derive(Deserialize)]
struct KeyForm {
    kty: String,
    #[serde(default)]
    kid: Option<String>,
    #[serde(default, rename = "use")]
    usage: Option<String>,
    #[serde(default)]
    alg: Option<String>,
    #[serde(default)]
    crv: Option<String>,
    #[serde(default)]
    n: Option<String>,
    #[serde(default)]
    e: Option<String>,
    #[serde(default)]
    x: Option<String>,
    #[serde(default)]
    y: Option<String>,
    #[serde(default)]
    k: Option<String>,
}

impl KeySet {
    /// Reads a set. Keys that are for something else, or cannot be used, are passed over.
    pub(crate) fn parse(json: &str, secrets: Secrets) -> Option<Self> {
        let form: SetForm = serde_json::from_str(json).ok()?;
        let keys = form.keys.into_iter().take(KEYS_MAX);
        let keys = keys.filter_map(|key| Key::read(serde_json::from_value(key).ok()?));
        let is_taken =
            |key: &Key| secrets == Secrets::Taken || !matches!(key.material, Material::Secret(_));
        Some(Self(keys.filter(is_taken).collect()))
    }

    /// Makes the set of one secret.
    pub(super) fn of_secret(secret: &str) -> Self {
        Self(vec![Key {
            id: None,
            material: Material::Secret(secret.as_bytes().to_vec()),
        }])
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Checks a signature under the key of this name; without a name on either side any may be it.
    pub(super) fn check(
        &self,
        id: Option<&str>,
        algorithm: &str,
        signed: &[u8],
        signature: &[u8],
    ) -> Signature {
        let is_it = |key: &&Key| match (&key.id, id) {
            (Some(own), Some(named)) => own == named,
            _ => true,
        };
        let mut result = Signature::NoKey;
        for key in self.0.iter().filter(is_it) {
            if key.material.algorithm() != algorithm {
                if result == Signature::NoKey {
                    result = Signature::OtherAlgorithm;
                }
            } else if key.material.is_right(signed, signature) {
                return Signature::Right;
            } else {
                result = Signature::Wrong;
            }
        }
        result
    }
}

impl Key {
    fn read(form: KeyForm) -> Option<Self> {
        if form.usage.as_deref().is_some_and(|usage| usage != "sig") {
            return None;
        }
        let material = match (form.kty.as_str(), form.crv.as_deref()) {
            ("RSA", _) => rsa_key(&bytes(&form.n)?, &bytes(&form.e)?)?,
            ("EC", Some("P-256")) => p256_key(&bytes(&form.x)?, &bytes(&form.y)?)?,
            ("OKP", Some("Ed25519")) => ed25519_key(&bytes(&form.x)?)?,
            ("oct", _) => Some(bytes(&form.k)?)
                .filter(|secret| secret.len() >= SECRET_BYTES_MIN)
                .map(Material::Secret)?,
            _ => return None,
        };
        let is_for = |algorithm: &str| {
            algorithm == material.algorithm()
                || (algorithm == "Ed25519" && material.algorithm() == "EdDSA")
        };
        if form
            .alg
            .as_deref()
            .is_some_and(|algorithm| !is_for(algorithm))
        {
            return None;
        }
        Some(Self {
            id: form.kid,
            material,
        })
    }
}

impl Material {
    fn algorithm(&self) -> &'static str {
        match self {
            Self::Rsa(_) => "RS256",
            Self::P256(_) => "ES256",
            Self::Ed25519(_) => "EdDSA",
            Self::Secret(_) => "HS256",
        }
    }

    fn is_right(&self, signed: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Rsa(key) => {
                let scheme = Pkcs1v15Sign {
                    hash_len: Some(32),
                    prefix: Box::new(SHA_256_PREFIX),
                };
                key.verify(scheme, &Sha256::digest(signed), signature)
                    .is_ok()
            }
            Self::P256(key) => p256::ecdsa::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify(signed, &signature).is_ok()),
            Self::Ed25519(key) => ed25519_dalek::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify_strict(signed, &signature).is_ok()),
            Self::Secret(secret) => Hmac::<Sha256>::new_from_slice(secret)
                .is_ok_and(|mac| mac.chain_update(signed).verify_slice(signature).is_ok()),
        }
    }
}

fn rsa_key(modulus: &[u8], exponent: &[u8]) -> Option<Material> {
    let modulus = BigUint::from_bytes_be(modulus);
    let exponent = BigUint::from_bytes_be(exponent);
    if modulus.bits() < RSA_BITS_MIN {
        return None;
    }
    let key = RsaPublicKey::new_with_max_size(modulus, exponent, RSA_BITS_MAX).ok()?;
    Some(Material::Rsa(Box::new(key)))
}

fn p256_key(x: &[u8], y: &[u8]) -> Option<Material> {
    if x.len() != 32 || y.len() != 32 {
        return None;
    }
    // An uncompressed point (SEC 1, section 2.3.4).
    let point = [&[4], x, y].concat();
    let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(&point).ok()?;
    Some(Material::P256(Box::new(key)))
}

fn ed25519_key(x: &[u8]) -> Option<Material> {
    let key = ed25519_dalek::VerifyingKey::from_bytes(x.try_into().ok()?).ok()?;
    (!key.is_weak()).then(|| Material::Ed25519(Box::new(key)))
}

fn bytes(member: &Option<String>) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(member.as_deref()?).ok()
}

/// Its secrets are nobody's business.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key")
            .field("id", &self.id)
            .field("algorithm", &self.material.algorithm())
            .finish_non_exhaustive()
    }
}
