//! A provider of the suite's own, by which people sign in: GitHub and Google in one.
//!
//! It checks what a provider checks: the client, the redirect, and who has begun (PKCE). A code is good once.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{LazyLock, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::target::ORIGIN;

/// What the hosts are to the provider.
pub const CLIENT: (&str, &str) = ("suite", "hush");

/// How often anybody may sign in from one address.
pub const PEER_TRIES_MAX: u32 = 5;

static SERVER: LazyLock<SocketAddr> = LazyLock::new(serve);

/// What was granted, by its code, and by its access token afterwards.
static GRANTS: Mutex<BTreeMap<String, Grant>> = Mutex::new(BTreeMap::new());

/// Somebody who has said yes.
#[derive(Clone, Debug)]
pub struct Grant {
    /// The `code_challenge` with which a browser came.
    pub challenge: String,
    /// Its `redirect_uri`.
    pub redirect: String,
    /// What the provider says of the user.
    pub user: Value,
    /// What GitHub says of their addresses.
    pub emails: Value,
}

/// Returns the setting of the hosts.
#[must_use]
pub fn setting() -> String {
    let server = *SERVER;
    let provider = json!({
        "clientId": CLIENT.0, "clientSecret": CLIENT.1,
        "authorizeUrl": "https://provider.example/authorize",
        "tokenUrl": format!("http://{server}/token"),
        "userUrl": format!("http://{server}/user"),
    });
    let mut github = provider.clone();
    github["emailsUrl"] = json!(format!("http://{server}/emails"));
    // No other request of the suite says that it comes through a proxy.
    json!({
        "url": ORIGIN, "github": github, "google": provider, "peerHeader": "x-forwarded-for",
        "limits": { "peerTriesMax": PEER_TRIES_MAX, "peerTryAgainSeconds": 3_600 },
    })
    .to_string()
}

/// Has the provider know a code.
pub fn grant(code: &str, grant: Grant) {
    let mut grants = GRANTS.lock().unwrap_or_else(PoisonError::into_inner);
    grants.insert(code.to_owned(), grant);
}

fn serve() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let address = listener.local_addr().expect("it listens");
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // One that goes away is not answered.
            let _ = answer(stream);
        }
    });
    address
}

fn answer(mut stream: TcpStream) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let (mut length, mut token) = (0, String::new());
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim().split_once(": ") else {
            break;
        };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().unwrap_or(0),
            "authorization" => token = value.trim_start_matches("Bearer ").to_owned(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let path = first.split(' ').nth(1).unwrap_or_default();
    let (status, told) = match path {
        "/token" => exchange(&String::from_utf8_lossy(&body)),
        _ => tell(path, &token),
    };
    let told = told.to_string();
    let length = told.len();
    write!(
        stream,
        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\
         connection: close\r\n\r\n{told}"
    )
}

/// Gives a token for a code.
fn exchange(form: &str) -> (u16, Value) {
    let form: BTreeMap<String, String> = form
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.to_owned(), plain(value)))
        .collect();
    let field = |name: &str| form.get(name).map_or("", String::as_str);
    let refused = |error: &str| (400, json!({ "error": error }));
    if (field("client_id"), field("client_secret")) != CLIENT {
        return refused("invalid_client");
    }
    let mut grants = GRANTS.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(grant) = grants.remove(field("code")) else {
        return refused("invalid_grant");
    };
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(field("code_verifier")));
    let is_right = challenge == grant.challenge && field("redirect_uri") == grant.redirect;
    if !is_right || field("grant_type") != "authorization_code" {
        return refused("invalid_grant");
    }
    let token = format!("token-{}", field("code"));
    grants.insert(token.clone(), grant);
    (
        200,
        json!({ "access_token": token, "token_type": "bearer" }),
    )
}

/// Says of a user what it knows.
fn tell(path: &str, token: &str) -> (u16, Value) {
    let grants = GRANTS.lock().unwrap_or_else(PoisonError::into_inner);
    match (path, grants.get(token)) {
        ("/user", Some(grant)) => (200, grant.user.clone()),
        ("/emails", Some(grant)) => (200, grant.emails.clone()),
        _ => (401, json!({ "message": "bad credentials" })),
    }
}

/// Takes the percent-encoding away.
#[must_use]
pub fn plain(text: &str) -> String {
    let text = text.replace('+', " ");
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.split_at(2);
        bytes.push(u8::from_str_radix(digits, 16).expect("two digits"));
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).expect("it is text")
}
