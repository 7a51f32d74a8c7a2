//! The engine's settings: every limit, with its default.

mod files;

use zeroback_protocol::{DocumentLimits, Limits};

use super::calls::Noted;
use super::rate::Rate;
use crate::web::WebLimits;

pub use files::FileLimits;

/// The settings of one engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EngineConfig {
    /// The largest message that is taken, in bytes; beyond it `message_too_large`.
    pub message_bytes_max: usize,
    /// How many live queries a connection may have; beyond it `too_many_queries`.
    pub queries_max: usize,
    /// How many calls a connection may make in a second, and one who is signed in on all connections
    /// together; beyond it `rate_limited`. A live query counts as a call when it is subscribed to.
    pub calls_per_second: usize,
    /// How many calls may be made at once after a pause.
    pub calls_burst: usize,
    /// How many actions may run at a time; beyond it `limit_exceeded`.
    pub actions_max: usize,
    /// How many bytes of results and answers a client is told at once; results beyond it are
    /// `limit_exceeded`. When the answers of its calls reach it, further mutations of the client are
    /// not made, and answered with `limit_exceeded` and that they are to be sent again.
    pub transition_bytes_max: usize,
    /// How many bytes the arguments of one live query may have, since they are kept; beyond it
    /// `limit_exceeded`.
    pub live_args_bytes_max: usize,
    /// How many bytes a client may be sent, beyond the newest frame, that it has not acknowledged;
    /// beyond it it is disconnected with `slow_client`.
    pub unacknowledged_bytes_max: usize,
    /// How long a client may acknowledge nothing while what it is to be told waits, in milliseconds;
    /// beyond it it is disconnected with `slow_client`.
    pub slow_client_ms: i64,
    /// How long a client may leave open who it is, after a token that has expired or was refused, in
    /// milliseconds: what it sends, and what it is to be told as somebody, waits. Then it is nobody.
    pub authentication_ms: i64,
    /// For how long the keys of an issuer are asked for once at most, in milliseconds: a token that names
    /// a key which is not among them costs nothing to make up.
    pub key_fetch_pause_ms: i64,
    /// How many bytes of messages of a connection may wait until it is known who sends them; beyond it
    /// it is closed with 1013.
    pub waiting_bytes_max: usize,
    /// How many bytes of calls over HTTP may wait until it is known who makes them, where a request to a
    /// route counts for 64 KiB and its token; beyond it `unavailable`.
    pub waiting_calls_bytes_max: usize,
    /// How long a live query is kept after the last of its subscribers has lost its connection, in
    /// milliseconds: whoever comes back in time is told what has changed, and later the whole.
    pub resume_ms: i64,
    /// How many bytes of results and recent deltas of live queries are kept. What is beyond it is
    /// forgotten, those first that nobody subscribes to; a client then gets the whole again.
    pub live_result_bytes_max: usize,
    /// How many bytes of recent deltas are kept of one live query.
    pub delta_bytes_max: usize,
    /// How long the answer of a mutation is kept that its client has not acknowledged, in
    /// milliseconds, and at least 20 minutes. Who sends the mutation again later is told
    /// `outcome_unknown`.
    pub record_ms: i64,
    /// How many answers of mutations are kept; beyond it the oldest are forgotten, and where those
    /// are younger than 20 minutes a mutation of a queue is answered with `unavailable`.
    pub records_max: usize,
    /// How many bytes the answers may have that are kept; beyond it as beyond `records_max`. The one
    /// that reaches it may go beyond it.
    pub record_bytes_max: usize,
    /// What is noted of calls, for a host that takes it to its log.
    pub noted: Noted,
    /// Whether the host may lose the engine between any two events, and bring it back with its
    /// sockets open: a Durable Object that hibernates.
    pub hibernates: bool,
    /// What one run of a function may do; beyond it `limit_exceeded`.
    pub work: WorkLimits,
    /// What may be scheduled, and what becomes of it.
    pub jobs: JobLimits,
    /// What files may take.
    pub files: FileLimits,
    /// What bodies and requests to the world may take; they are the host's.
    pub web: WebLimits,
    /// How many documents the tables of a schema change may have for it to be made in one
    /// transaction, before anything is answered. Beyond it the change is made in steps, and every
    /// call is answered with `migrating` meanwhile.
    pub schema_rows_in_one_transaction_max: usize,
    /// How many documents one such step reads.
    pub schema_rows_per_step: usize,
}

/// What one run of a query or a mutation may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkLimits {
    /// Documents read or counted; one that is asked for by its id counts also where it is not there.
    pub documents_read_max: usize,
    /// Bytes of documents read.
    pub bytes_read_max: usize,
    /// Documents written.
    pub documents_written_max: usize,
    /// Bytes of one document; beyond it `document_too_large`.
    pub document_bytes_max: usize,
    /// How deeply the arrays and objects of a document may be nested, itself counted; at most 100.
    /// Beyond it `document_too_deep`.
    pub document_depth_max: u32,
    /// Elements of each array in a document; beyond it `array_too_long`.
    pub array_elements_max: usize,
    /// Bytes of the value that a query returns.
    pub result_bytes_max: usize,
    /// Bytes of the value that a mutation returns; beyond it `result_too_large`.
    pub mutation_result_bytes_max: usize,
    /// Calls of the database.
    pub database_calls_max: usize,
    /// Bytes of documents written.
    pub bytes_written_max: usize,
}

/// What may be scheduled, and what becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JobLimits {
    /// How many jobs one mutation may schedule; beyond it `limit_exceeded`.
    pub jobs_per_mutation_max: usize,
    /// How many bytes the arguments of a job may have; beyond it `limit_exceeded`.
    pub job_args_bytes_max: usize,
    /// How many jobs may wait or run; beyond it `too_many_jobs`.
    pub jobs_waiting_max: usize,
    /// How many jobs one turn begins. Clients get their turn between two.
    pub jobs_per_turn: usize,
    /// How many actions of jobs run at a time; the others wait.
    pub job_actions_max: usize,
    /// How often the action of a job is tried before the job is dead.
    pub job_attempts_max: u32,
    /// How long a job waits after the first failure of its action, in milliseconds; each further one
    /// doubles it.
    pub job_retry_ms: i64,
    /// The longest that it waits, in milliseconds.
    pub job_retry_ms_max: i64,
    /// How many jobs are kept that have ended; beyond it the oldest are forgotten.
    pub jobs_ended_max: usize,
    /// How long a job is kept that has ended, in milliseconds. It is forgotten when the next one runs.
    pub job_ended_ms: i64,
}

impl Default for JobLimits {
    fn default() -> Self {
        Self {
            jobs_per_mutation_max: 1_000,
            job_args_bytes_max: 64 << 10,
            jobs_waiting_max: 100_000,
            jobs_per_turn: 100,
            job_actions_max: 100,
            job_attempts_max: 10,
            job_retry_ms: 1_000,
            job_retry_ms_max: 60 * 60 * 1_000,
            jobs_ended_max: 10_000,
            job_ended_ms: 7 * 24 * 60 * 60 * 1_000,
        }
    }
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self {
            message_bytes_max: 4 << 20,
            queries_max: 1_000,
            calls_per_second: 10_000,
            calls_burst: 100_000,
            actions_max: 1_000,
            transition_bytes_max: 16 << 20,
            live_args_bytes_max: 64 << 10,
            unacknowledged_bytes_max: 1 << 20,
            slow_client_ms: 30_000,
            authentication_ms: 30_000,
            key_fetch_pause_ms: 30_000,
            waiting_bytes_max: 4 << 20,
            waiting_calls_bytes_max: 32 << 20,
            resume_ms: 15 * 60 * 1_000,
            live_result_bytes_max: 256 << 20,
            delta_bytes_max: 64 << 10,
            record_ms: 14 * 24 * 60 * 60 * 1_000,
            records_max: 1_000_000,
            record_bytes_max: 256 << 20,
            noted: Noted::Nothing,
            hibernates: false,
            work: WorkLimits::default(),
            jobs: JobLimits::default(),
            files: FileLimits::default(),
            web: WebLimits::default(),
            schema_rows_in_one_transaction_max: 200_000,
            schema_rows_per_step: 4_096,
        }
    }
}

impl Default for WorkLimits {
    fn default() -> Self {
        Self {
            documents_read_max: 32_768,
            bytes_read_max: 16 << 20,
            documents_written_max: 16_384,
            document_bytes_max: 1 << 20,
            document_depth_max: 16,
            array_elements_max: 8_192,
            result_bytes_max: 8 << 20,
            mutation_result_bytes_max: 256 << 10,
            database_calls_max: 65_536,
            bytes_written_max: 32 << 20,
        }
    }
}

impl WorkLimits {
    /// Returns the limits of what the engine itself does, which none keeps short.
    pub(super) fn of_engine(self) -> Self {
        const NONE: usize = i32::MAX as usize;
        Self {
            documents_read_max: NONE,
            bytes_read_max: NONE,
            documents_written_max: NONE,
            document_bytes_max: NONE,
            database_calls_max: NONE,
            bytes_written_max: NONE,
            ..self
        }
    }

    /// Returns what the encoder must know of the limits.
    pub(super) fn document(&self) -> DocumentLimits {
        DocumentLimits {
            depth_max: self.document_depth_max,
            array_elements_max: self.array_elements_max,
        }
    }
}

impl EngineConfig {
    /// Returns how often a client may call.
    pub(super) fn rate(&self) -> Rate {
        Rate {
            per_second: self.calls_per_second,
            burst: self.calls_burst,
        }
    }

    /// Returns what a client is told of the limits.
    pub(super) fn wire_limits(&self) -> Limits {
        Limits {
            message_bytes_max: self.message_bytes_max as u64,
            queries_max: self.queries_max as u64,
            unacknowledged_bytes_max: self.unacknowledged_bytes_max as u64,
        }
    }
}
