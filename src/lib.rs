//! Anjangsana: offline-first field visits to the cooperatives of Bangka Selatan.
//!
//! An officer fills the checklists of a visit on a phone without signal; the device keeps everything in an encrypted
//! SQLite file and syncs it with one central endpoint when it can; a supervisor reviews what arrived.
//!
//! Where things live, lower layers first (a test holds everybody to it, `tests/it/layers.rs`):
//!
//! | module | what it is | I/O |
//! |---|---|---|
//! | `math` | functions of a real number | none |
//! | [`domain`] | ids, time, areas, people, cooperatives, visits, reviews | none |
//! | [`form`] | XLSForm sheets -> definition -> session; `expr` is the expression language | none |
//! | [`sync`] | the wire, the client engine (events in, effects out), the batcher, the back-off | none |
//! | [`sql`] | opening and migrating a SQLite file | SQLite |
//! | [`store`] | the device database and its request/reply interface | SQL |
//! | [`platform`] | the browser or the native machine under a device: worker, OPFS, HTTP, clock, randomness | all of it |
//! | `ui` | the screens (feature `ui`; `web` draws them in a browser) | none: asks the store |
//! | `server` | the central endpoint (feature `server`) | SQL, HTTP |

pub mod domain;
pub mod form;
mod math;
pub mod platform;
#[cfg(feature = "server")]
pub mod server;
pub mod sql;
pub mod store;
pub mod sync;
#[cfg(feature = "ui")]
pub mod ui;

/// Whether this is the app on a phone. It leaves out what only whoever writes a checklist needs, to be downloaded sooner.
pub(crate) const ON_A_PHONE: bool = cfg!(target_arch = "wasm32");
