//! Every integration test in one binary: it is linked once.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod device_schema;
mod form_kunjungan;
mod layers;
mod wire;

#[cfg(all(feature = "server", feature = "native"))]
mod server_access;
#[cfg(all(feature = "server", feature = "native"))]
mod server_command;
#[cfg(all(feature = "server", feature = "native"))]
mod server_demo;
#[cfg(all(feature = "server", feature = "native"))]
mod server_http;
#[cfg(all(feature = "server", feature = "native"))]
mod server_office;
#[cfg(all(feature = "server", feature = "native"))]
mod server_pull;
#[cfg(all(feature = "server", feature = "native"))]
mod server_push;
#[cfg(all(feature = "server", feature = "native"))]
mod server_register;
#[cfg(all(feature = "server", feature = "native"))]
mod server_schema;
#[cfg(all(feature = "server", feature = "native"))]
mod server_states;
