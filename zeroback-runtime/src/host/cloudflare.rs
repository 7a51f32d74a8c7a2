//! The Cloudflare host: an engine inside of a Durable Object.
//!
//! JavaScript (`cloudflare/glue.js`) has the classes that workerd calls. It forwards each event to
//! an [`Instance`], whose methods run from start to end with nothing in between, and carries out
//! what the instance asks of it ([`Platform`]). Nothing here is `async`, and nothing here throws
//! on purpose: an exception out of an instance means that it is broken, and the glue begins a new
//! one from what is committed.
//!
//! Each event's mutations run in a transaction of their own, and its answers and what it made
//! stale wait for one [`Instance::flush`], which the glue calls once for all events that have
//! arrived together.
//!
//! The platform may drop the object from memory whenever it is silent, and keeps its sockets, each
//! with a text that the engine has attached to it. The next life's instance takes them over.

mod actions;
mod admission;
mod headers;
mod log;
mod platform;
mod route;
mod running;
mod store;
mod tasks;
mod transfer;
mod web;

use std::collections::BTreeMap;
use std::panic::{RefUnwindSafe, UnwindSafe};

use wasm_bindgen::JsError;
use wasm_bindgen::prelude::wasm_bindgen;
use zeroback_protocol::{Tag, Timestamp};

use crate::engine::{
    ActionDesk, ActionId, ConnectionId, Credentials, Engine, EngineConfig, FetchId, Fetched, Frame,
    Output, Status, Ticket,
};
use crate::host::log::failed;
use crate::host::origin::{Asking, Door};
use crate::host::{AdminKey, AdminRequest, AdminRoute, Limits, Origins};
use crate::registry::AppEntry;
use crate::routes::Routes;
use crate::{AccountSettings, App, AuthSettings};
use headers::Headers;
use platform::Platform;
use route::Route;
use store::DurableStore;
use tasks::Tasks;
use web::{Asked, Streams};

/// All objects of an isolate share 128 MiB.
const LIVE_RESULT_BYTES_MAX: usize = 32 << 20;

/// Sends a client away that is to connect again (RFC 6455's registry of close codes).
const CLOSE_RESTART: u16 = 1012;

/// The variables that are settings in JSON: whose tokens are taken, how the app's own accounts are kept, and
/// the limits.
const AUTH_VARIABLE: &str = "ZEROBACK_AUTH";
const ACCOUNTS_VARIABLE: &str = "ZEROBACK_ACCOUNTS";
const LIMITS_VARIABLE: &str = "ZEROBACK_LIMITS";

/// One life of a Durable Object, from its first event to its eviction.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Instance {
    engine: Engine<DurableStore>,
    platform: Platform,
    admin_key: Option<AdminKey>,
    actions: ActionDesk,
    tasks: Tasks,
    streams: Streams,
    routes: Routes,
    requests: BTreeMap<ActionId, Asked>,
}

// What panics in an author's function is caught in the engine, which leaves nothing half done;
// after any other panic the glue drops the instance.
impl UnwindSafe for Instance {}
impl RefUnwindSafe for Instance {}

#[wasm_bindgen]
impl Instance {
    /// Opens the engine on the object's database, and takes over the sockets that are open.
    ///
    /// # Errors
    ///
    /// Throws where the app cannot be served or does not fit the database, where the admin key is
    /// too short to be one, and where the limits or the settings of tokens are none.
    #[wasm_bindgen(constructor)]
    pub fn new(platform: Platform, seed: u64) -> Result<Self, JsError> {
        let auth = platform.setting(AUTH_VARIABLE);
        let auth = auth.map(|json| AuthSettings::parse(&json));
        let auth = auth.transpose()?.unwrap_or_default();
        let accounts = platform.setting(ACCOUNTS_VARIABLE);
        let accounts = accounts.map(|json| AccountSettings::parse(&json));
        let accounts = accounts.transpose()?.unwrap_or_default();
        let app = registered_app().map_err(|text| JsError::new(&text))?;
        let admin_key = platform.admin_key().map(AdminKey::new).transpose()?;
        let noted = log::install(platform.env("ZEROBACK_LOG").as_deref());
        let noted = noted.map_err(|text| JsError::new(&text))?;
        let config = EngineConfig {
            noted,
            ..config(&platform)?
        };
        let (routes, limits) = (app.routes().clone(), config.web);
        let store = DurableStore::new(platform.clone());
        platform.watch(wasm_bindgen::memory(), running::address());
        let mut engine = Engine::open(store, app, config, now(), seed)?.with_auth(auth);
        engine.handle_trapped_before(platform.trapped_queries());
        if let Some(report) = engine.schema_report() {
            tracing::error!("{report}");
        }
        let sockets = sockets(&platform)?;
        if !sockets.is_empty() {
            engine.handle_wake(sockets)?;
        }
        let (tasks, streams) = (
            Tasks::default(),
            Streams::new(platform.web(), limits.body_stall_ms),
        );
        let mut instance = Self {
            engine,
            actions: actions::desk(
                platform.clone(),
                tasks.clone(),
                streams.clone(),
                (limits, accounts),
            ),
            tasks,
            streams,
            platform,
            admin_key,
            routes,
            requests: BTreeMap::new(),
        };
        instance.carry_out();
        Ok(instance)
    }

    /// Tells whether the engine takes calls: 0 where it does, 1 where [`Instance::migrate`] is to
    /// be called, 2 where the schema is refused, 3 where the instance is to be dropped.
    pub fn status(&self) -> u8 {
        match self.engine.status() {
            Status::Ready => 0,
            Status::Migrating => 1,
            Status::Refused => 2,
            Status::OutOfDate => 3,
        }
    }

    /// Makes one step of a schema change that is too large for one event. Returns whether the next
    /// one may follow at once; after a failure it should not.
    pub fn migrate(&mut self) -> bool {
        let goes_on = self.engine.migrate();
        if let Some(report) = self.engine.schema_report() {
            tracing::error!("{report}");
        }
        self.carry_out();
        goes_on
    }

    /// Takes in a new socket, with the headers of its request.
    ///
    /// # Errors
    ///
    /// Throws where the headers are none.
    pub fn open(&mut self, connection: f64, headers: &str) -> Result<(), JsError> {
        let headers = Headers::parse(headers)?;
        let connection = connection_id(connection);
        self.engine.handle_time(now());
        self.engine.handle_open(connection);
        if let Some(cookies) = headers.cookies() {
            self.engine.handle_cookie(connection, cookies);
        }
        self.carry_out();
        Ok(())
    }

    /// Takes in a text frame, as UTF-8.
    pub fn text(&mut self, connection: f64, frame: &[u8]) {
        self.engine.handle_time(now());
        let connection = connection_id(connection);
        self.engine.handle_time(now());
        match std::str::from_utf8(frame) {
            Ok(text) => self.engine.handle_message(connection, text),
            Err(_) => self.engine.handle_binary(connection),
        }
        self.commit();
    }

    /// Takes in a binary frame, which the protocol does not have.
    pub fn binary(&mut self, connection: f64) {
        self.engine.handle_binary(connection_id(connection));
        self.commit();
    }

    /// Takes in a request; the answer comes by [`Platform::reply`], now or at the next flush.
    ///
    /// # Errors
    ///
    /// Throws where the headers are none.
    pub fn http(
        &mut self,
        ticket: f64,
        method: &str,
        path: &str,
        headers: &str,
        body: &[u8],
    ) -> Result<(), JsError> {
        let headers = Headers::parse(headers)?;
        let content_type = headers.content_type.as_deref().unwrap_or_default();
        match route::find(method, path, content_type, body, || self.engine.refusal()) {
            Route::Call { kind, body } => {
                self.engine.handle_time(now());
                let credentials = Credentials {
                    authorization: headers.authorization.as_deref(),
                    cookie: headers.cookies(),
                };
                let (ticket, key) = (Ticket(ticket as u64), headers.idempotency_key.as_deref());
                self.engine
                    .handle_call_of(credentials, ticket, kind, key, body);
                self.commit();
            }
            Route::Answer { status, body } => self.platform.reply(ticket, status, &body, None),
            Route::Refuse { status, error } => {
                transfer::refuse(&self.platform, ticket, status, error);
            }
        }
        Ok(())
    }

    /// Takes in a document that [`Platform::fetch_keys`] was to get; without a body it could not be had,
    /// and `cause` says why.
    #[wasm_bindgen(js_name = keysFetched)]
    pub fn keys_fetched(
        &mut self,
        fetch: f64,
        body: Option<String>,
        max_age_ms: Option<f64>,
        cause: String,
    ) {
        self.engine.handle_time(now());
        let max_age_ms = max_age_ms.map(|age| age as i64);
        let fetched = body.map(|body| Fetched { body, max_age_ms });
        let fetch = FetchId(fetch as u64);
        self.engine.handle_fetched(fetch, fetched.ok_or(cause));
        self.commit();
    }

    /// Takes in a request to the operator's endpoints. Returns what its body is to be handed to: 1 for
    /// [`Instance::import`], 2 for [`Instance::operate`]. With 0 the answer comes by
    /// [`Platform::reply`].
    pub fn admin(
        &mut self,
        ticket: f64,
        method: &str,
        path: &str,
        content_type: &str,
        authorization: Option<String>,
    ) -> u8 {
        let (path, query) = match path.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (path, None),
        };
        let request = AdminRequest {
            method,
            path,
            query,
            content_type,
            authorization: authorization.as_deref(),
        };
        match AdminRoute::find(self.admin_key.as_ref(), request) {
            AdminRoute::Export => {
                // What has been answered already is part of it.
                self.commit();
                transfer::answer_export(&self.platform, ticket, now());
                0
            }
            AdminRoute::Import => 1,
            AdminRoute::Run => 2,
            AdminRoute::Logs { after } => {
                self.platform.reply(ticket, 200, &log::recent(after), None);
                0
            }
            AdminRoute::Refuse(status, error) => {
                transfer::refuse(&self.platform, ticket, status, error);
                0
            }
        }
    }

    /// Takes in a call by the operator, which [`Instance::admin`] has asked for.
    pub fn operate(&mut self, ticket: f64, body: &[u8]) {
        // What is no UTF-8 is no call.
        let body = std::str::from_utf8(body).unwrap_or_default();
        self.engine
            .handle_operator_request(Ticket(ticket as u64), body);
        self.commit();
    }

    /// Takes in an archive, which [`Instance::admin`] has asked for.
    pub fn import(&mut self, ticket: f64, archive: &[u8]) {
        transfer::answer_import(&mut self.engine, &self.platform, ticket, archive, now());
        self.carry_out();
    }

    /// Takes in a text frame whose mutation has ended the module before this one, and as whom it ran.
    #[wasm_bindgen(js_name = trappedText)]
    pub fn trapped_text(&mut self, frame: &[u8], viewer: &str) {
        if let Ok(text) = std::str::from_utf8(frame) {
            self.engine.handle_trapped_message(text, viewer, now());
        }
        self.carry_out();
    }

    /// Takes in a request whose mutation has ended the module before this one.
    #[wasm_bindgen(js_name = trappedCall)]
    pub fn trapped_call(&mut self, key: &str, body: &[u8], viewer: &str) {
        if let Ok(body) = std::str::from_utf8(body) {
            self.engine.handle_trapped_call(key, body, viewer, now());
        }
        self.carry_out();
    }

    /// Takes in a job whose mutation has ended the module before this one.
    #[wasm_bindgen(js_name = trappedJob)]
    pub fn trapped_job(&mut self, path: &str, args: &str) {
        self.engine.handle_trapped_job(path, args, now());
        self.carry_out();
    }

    /// Takes in a query that has ended the module before this one. Returns what the instances behind
    /// this one are to be told by [`Platform::trapped_queries`].
    #[wasm_bindgen(js_name = trappedQuery)]
    pub fn trapped_query(&mut self, path: &str, args: &str) -> Vec<String> {
        self.engine.handle_trapped_query(path, args)
    }

    /// Forgets a socket.
    pub fn closed(&mut self, connection: f64) {
        self.engine.handle_close(connection_id(connection));
    }

    /// Returns when the object is to be woken though nothing comes, in Unix milliseconds.
    #[wasm_bindgen(js_name = nextWake)]
    pub fn next_wake(&mut self) -> Option<f64> {
        let wake = self.engine.next_wake();
        self.carry_out();
        wake.map(|at| at.unix_ms() as f64)
    }

    /// Tells whether there is something for [`Instance::flush`] to do.
    #[wasm_bindgen(js_name = wantsFlush)]
    pub fn wants_flush(&self) -> bool {
        self.engine.needs_turn()
    }

    /// Tells whether [`Instance::flush`] is to be called after a pause, whatever comes until then.
    #[wasm_bindgen(js_name = wantsFlushLater)]
    pub fn wants_flush_later(&self) -> bool {
        self.engine.needs_turn_later()
    }

    /// Returns in how many milliseconds [`Instance::flush`] is to be called, whatever comes until then,
    /// if it is.
    #[wasm_bindgen(js_name = wantsFlushIn)]
    pub fn wants_flush_in(&self) -> Option<f64> {
        let at = self.engine.wants_turn_at()?;
        Some(at.unix_ms().saturating_sub(now().unix_ms()).max(0) as f64)
    }

    /// Has actions go on that something has come for, and does what they ask for.
    pub fn pump(&mut self) {
        self.engine.handle_time(now());
        self.tasks.poll();
        self.actions.hand_over(&mut self.engine);
        self.commit();
    }

    /// Runs what is stale, and tells every connection what has changed.
    pub fn flush(&mut self) {
        self.engine.turn(now());
        self.carry_out();
    }
}

impl Instance {
    /// Commits the event's mutations, and sends what need not wait for others.
    fn commit(&mut self) {
        self.engine.commit(now());
        self.carry_out();
    }

    fn carry_out(&mut self) {
        log::calls(self.engine.take_calls());
        // Whoever gets the same frame gets it without its text crossing once more.
        let mut crossed: Option<Frame> = None;
        while let Some(output) = self.engine.poll_output() {
            match output {
                Output::Send { connection, frame } => {
                    let number = connection.0 as f64;
                    let sent = match &crossed {
                        Some(last) if last.is(&frame) => self.platform.send_again(number),
                        _ => self.platform.send(number, frame.as_str()),
                    };
                    crossed = Some(frame);
                    if sent.is_err() {
                        self.engine.handle_close(connection);
                    }
                }
                Output::Attach {
                    connection,
                    attachment,
                } => self.attach(connection, &attachment),
                Output::Close {
                    connection,
                    code,
                    reason,
                } => {
                    self.platform.close(connection.0 as f64, code, reason);
                }
                Output::Reply {
                    ticket,
                    status,
                    body,
                    tag,
                } => {
                    let tag = tag.map(Tag::to_text);
                    self.platform.reply(ticket.0 as f64, status, &body, tag);
                }
                Output::Start { action } => {
                    if let Some(started) = self.engine.take_action(action) {
                        let (tasks, platform) = (&self.tasks, &self.platform);
                        actions::run(&self.actions, tasks, platform, action, started);
                    }
                }
                Output::Route { action } => web::go_on(self, action),
                Output::Answer {
                    action,
                    call,
                    outcome,
                } => self.actions.answer(action, call, outcome),
                Output::Fetch { fetch, url } => self.platform.fetch_keys(fetch.0 as f64, &url),
                Output::Log { path, told, cause } => failed(&path, &told, &cause),
            }
        }
        if self.tasks.are_ready() {
            self.platform.pump_soon();
        }
    }

    fn attach(&mut self, connection: ConnectionId, attachment: &str) {
        let number = connection.0 as f64;
        if let Err(error) = self.platform.attach(number, attachment) {
            // What is kept with it is older than what is true, and must not outlive this life.
            tracing::error!("a socket could not be kept: {error:?}");
            self.platform.close(number, CLOSE_RESTART, "connect again");
            self.engine.handle_close(connection);
        }
    }
}

fn config(platform: &Platform) -> Result<EngineConfig, JsError> {
    let mut config = EngineConfig {
        hibernates: true,
        live_result_bytes_max: LIVE_RESULT_BYTES_MAX,
        ..EngineConfig::default()
    };
    if let Some(limits) = platform.setting(LIMITS_VARIABLE) {
        Limits::parse(&limits)?.set_in(&mut config)?;
    }
    Ok(config)
}

/// Returns the sockets that an earlier life of the object has left, each with its attachment.
fn sockets(platform: &Platform) -> Result<Vec<(ConnectionId, String)>, JsError> {
    let json = platform.sleeping_sockets();
    let sockets: Vec<(u64, String)> = serde_json::from_str(&json)?;
    let named = |(number, attachment)| (ConnectionId(number), attachment);
    Ok(sockets.into_iter().map(named).collect())
}

/// Decides on a request that a page makes, before it reaches the object; returns JSON.
///
/// # Errors
///
/// Throws where the origins that are let in are none.
#[wasm_bindgen]
pub fn admit(
    origins: &str,
    origin: &str,
    host: &str,
    path: &str,
    cookies: &str,
    is_preflight: bool,
) -> Result<String, JsError> {
    let asking = Asking {
        origin: Some(origin),
        host: Some(host),
        door: Door::of(path),
        cookies: Some(cookies),
    };
    let told = admission::decide(&Origins::parse(origins)?, asking, is_preflight)?;
    Ok(told)
}

/// Returns the paths of all functions that this module carries, one per line: the glue holds them
/// against those of the native build.
#[wasm_bindgen(js_name = functionPaths)]
pub fn function_paths() -> Result<String, JsError> {
    let app = registered_app().map_err(|text| JsError::new(&text))?;
    let paths: Vec<_> = app.function_paths().collect();
    Ok(paths.join("\n"))
}

fn registered_app() -> Result<App, String> {
    let mut entries = inventory::iter::<AppEntry>.into_iter();
    match (entries.next(), entries.next()) {
        (Some(entry), None) => Ok((entry.app)()),
        (None, _) => Err("no crate of this Worker says `zeroback::app!()`".to_owned()),
        (Some(_), Some(_)) => Err(
            "two crates of this Worker say `zeroback::app!()`: leave it to the one that is built"
                .to_owned(),
        ),
    }
}

fn now() -> Timestamp {
    Timestamp::from_unix_ms(js_sys::Date::now() as i64)
}

fn connection_id(number: f64) -> ConnectionId {
    ConnectionId(number as u64)
}

#[expect(
    unsafe_code,
    reason = "a symbol of the linker's, and the only way to name it"
)]
unsafe extern "C" {
    fn __wasm_call_ctors();
}

/// Runs what registers functions and tables, once. A module that does not call this itself is
/// taken for a program, and the linker then makes every single export run all of it first.
#[wasm_bindgen(start, private)]
#[expect(
    unsafe_code,
    reason = "a symbol of the linker's, and the only way to name it"
)]
fn start() {
    // SAFETY: the linker makes the function; it runs once, before anything else of the module.
    unsafe { __wasm_call_ctors() }
    std::panic::set_hook(Box::new(|panic| platform::log_panic(&panic.to_string())));
}
