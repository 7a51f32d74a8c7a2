//! The engine in this process on a database file: what a call costs without a socket.

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};
use zeroback::Timestamp;
use zeroback::native::{Durability, NativeStore};
use zeroback_protocol::FunctionKind;
use zeroback_runtime::engine::{Engine, EngineConfig, Output, Ticket};

use crate::process::Folder;

/// An engine on fresh data, which goes with it.
pub(crate) struct Local {
    engine: Engine<NativeStore>,
    _data: Folder,
    calls: u64,
}

impl Local {
    pub(crate) fn open(name: &str) -> Result<Self> {
        let data = Folder::fresh(name)?;
        let store = NativeStore::open(&data.path().join("rows.sqlite"), Durability::Full)?;
        let start = Timestamp::from_unix_ms(1_795_000_000_000);
        let engine = Engine::open(store, xtask_bench::app(), EngineConfig::default(), start, 1)?;
        Ok(Self {
            engine,
            _data: data,
            calls: 0,
        })
    }

    pub(crate) fn mutation(&mut self, path: &str, args: &Value) -> Result<String> {
        self.call(FunctionKind::Mutation, path, args)
    }

    pub(crate) fn query(&mut self, path: &str, args: &Value) -> Result<String> {
        self.call(FunctionKind::Query, path, args)
    }

    fn call(&mut self, kind: FunctionKind, path: &str, args: &Value) -> Result<String> {
        self.calls += 1;
        let now = Timestamp::from_unix_ms(1_795_000_000_000 + i64::try_from(self.calls)?);
        let body = json!({ "path": path, "args": args }).to_string();
        self.engine
            .handle_call(Ticket(self.calls), kind, None, &body);
        self.engine.turn(now);
        while let Some(output) = self.engine.poll_output() {
            if let Output::Reply { status, body, .. } = output {
                if status != 200 {
                    bail!("{path} failed: {body}");
                }
                return Ok(body);
            }
        }
        None.context("the call was not answered")
    }
}
