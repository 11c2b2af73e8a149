//! The machine under a device: the only place with browser APIs, threads, files and HTTP.
//!
//! [`device`] is the device itself, the same everywhere; [`machine`] is what it needs of the machine it runs on, given by
//! `web` (a worker in the browser) or by `native`. `host` is what the screens need of the machine they are drawn on.

#[cfg(all(feature = "ui", not(feature = "web")))]
pub mod bare;
pub mod device;
#[cfg(feature = "ui")]
pub mod host;
pub mod machine;
#[cfg(feature = "native")]
pub mod native;
#[cfg(feature = "web")]
pub mod web;
