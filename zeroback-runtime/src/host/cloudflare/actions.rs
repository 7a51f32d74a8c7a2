//! Actions as futures of the isolate's, each polled by a microtask outside of the instance.

use std::rc::Rc;

use js_sys::futures::spawn_local;
use zeroback_protocol::Timestamp;

use super::now;
use super::platform::Platform;
use crate::engine::{Action, ActionDesk, ActionId, Outside};

/// The object, as actions see it.
#[derive(Debug)]
struct Object(Platform);

/// Makes the desk for one life of the object; the glue pumps whenever something is asked there.
pub(super) fn desk(platform: Platform) -> ActionDesk {
    ActionDesk::new(Rc::new(Object(platform)))
}

/// Begins an action behind the event at hand, and keeps the object until it has ended.
pub(super) fn run(desk: &ActionDesk, platform: &Platform, id: ActionId, action: Action) {
    let (desk, platform) = (desk.clone(), platform.clone());
    platform.keep_alive(id.0 as f64);
    spawn_local(async move {
        desk.run(id, action).await;
        platform.let_go(id.0 as f64);
    });
}

impl Outside for Object {
    fn has_asked(&self) {
        self.0.pump_soon();
    }

    fn env(&self, name: &str) -> Option<String> {
        self.0.env(name)
    }

    fn now(&self) -> Timestamp {
        now()
    }
}
