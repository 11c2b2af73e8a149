//! Every integration test in one binary: it is linked once. Wants the features `server,native`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
#![cfg(all(feature = "server", feature = "native"))]

mod device_schema;
mod device_sync;
mod form_import;
mod form_kunjungan;
mod form_session;
mod form_support;
mod layers;
mod lessons;
mod merge_laws;
mod positional;
mod server_access;
mod server_command;
mod server_demo;
mod server_http;
mod server_office;
mod server_pull;
mod server_push;
mod server_register;
mod server_schema;
mod server_states;
mod store_merge;
mod ui_words;
mod wire;
mod wire_fuzz;
