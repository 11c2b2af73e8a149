//! Sync without I/O: what goes over the wire, how a device batches and backs off, what it does next.

pub mod backoff;
pub mod engine;
mod outcome;
pub mod wire;
