//! Actions as futures of the object's, polled by [`Instance::pump`](super::Instance::pump).

use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use zeroback_protocol::Timestamp;

use super::now;
use super::platform::{Platform, entropy};
use super::tasks::Tasks;
use super::web::{self, Streams};
use crate::engine::{Action, ActionDesk, ActionId, Outside};
use crate::web::{Body, FetchOptions, Request, WebLimits};
use crate::{AccountSettings, Fetched, Filed};

/// The object, as actions see it.
#[derive(Debug)]
struct Object {
    platform: Platform,
    tasks: Tasks,
    streams: Streams,
    limits: WebLimits,
    accounts: Arc<AccountSettings>,
}

/// Makes the desk for one life of the object. What is asked there is asked inside of a pump, which hands
/// it over at its end.
pub(super) fn desk(
    platform: Platform,
    tasks: Tasks,
    streams: Streams,
    (limits, accounts): (WebLimits, AccountSettings),
) -> ActionDesk {
    ActionDesk::new(Rc::new(Object {
        platform,
        tasks,
        streams,
        limits,
        accounts: Arc::new(accounts),
    }))
}

/// Begins an action behind the event at hand.
pub(super) fn run(
    desk: &ActionDesk,
    tasks: &Tasks,
    platform: &Platform,
    id: ActionId,
    action: Action,
) {
    keep_until_end(tasks, platform, id, desk.clone().run(id, action));
}

/// Has something go on behind the event at hand, and keeps the object until it has ended.
pub(super) fn keep_until_end(
    tasks: &Tasks,
    platform: &Platform,
    id: ActionId,
    future: impl Future<Output = ()> + 'static,
) {
    let platform = platform.clone();
    platform.keep_alive(id.0 as f64);
    tasks.spawn(async move {
        future.await;
        platform.let_go(id.0 as f64);
    });
}

impl Outside for Object {
    fn fetch(&self, request: Request, options: FetchOptions) -> Fetched {
        web::fetch(self.streams.clone(), &self.tasks, request, options)
    }

    fn resolve(&self, base: &str, location: &str) -> Option<String> {
        self.streams.web().resolve(location, base)
    }

    fn put_file(&self, key: String, body: Body) -> Filed<()> {
        web::put_file(self.streams.clone(), &self.tasks, &key, body)
    }

    fn get_file(&self, key: String, range: Range<u64>) -> Filed<Body> {
        web::get_file(self.streams.clone(), &key, range)
    }

    fn delete_file(&self, key: String) -> Filed<()> {
        web::delete_file(self.streams.clone(), &key)
    }

    fn entropy(&self) -> [u8; 32] {
        entropy()
    }

    fn env(&self, name: &str) -> Option<String> {
        self.platform.env(name)
    }

    fn web_limits(&self) -> WebLimits {
        self.limits
    }

    fn accounts(&self) -> Arc<AccountSettings> {
        Arc::clone(&self.accounts)
    }

    fn now(&self) -> Timestamp {
        now()
    }
}
