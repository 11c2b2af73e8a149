//! Sync without I/O: what goes over the wire, how a device batches and backs off, what it does next, and what it writes
//! into a file when there is no wire.

pub mod backoff;
pub mod backup;
pub mod derive;
pub mod engine;
pub mod forms;
mod outcome;
pub mod packed;
pub mod told;
pub mod upload;
pub mod wire;
