//! The machine under a device: the only place with browser APIs, threads, files and HTTP.

#[cfg(feature = "web")]
pub mod web;
