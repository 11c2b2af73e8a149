//! Every integration test in one binary: it is linked once. Wants the features `server,native`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
#![cfg(all(feature = "server", feature = "native"))]

mod access_table;
mod backup;
mod bad_lines;
#[allow(dead_code, reason = "the tests in a browser use more of it")]
mod cutting_proxy;
mod damage;
mod device_schema;
mod device_sync;
mod device_uploads;
mod foreseen;
mod form_errors;
mod form_fixtures;
mod form_flatten;
mod form_import;
mod form_kunjungan;
mod form_pyxform;
mod form_random;
mod form_score;
mod form_session;
mod form_stack;
mod form_support;
mod form_upgrade;
mod form_workbook;
mod full_disk;
mod kinds;
mod large_records;
mod layers;
mod lessons;
mod limits;
mod merge_laws;
mod official_tus_client;
mod older_app;
mod one_decoder;
mod open_wire;
mod papers;
mod pin_and_lock;
mod positional;
mod raw_http;
mod readers;
mod real_process;
mod reopen;
mod replay;
mod same_rules;
mod sent_visits;
mod server_access;
mod server_attachments;
mod server_backup;
mod server_command;
mod server_demo;
mod server_doors;
mod server_forms;
mod server_http;
mod server_keeps;
mod server_logins;
mod server_office;
mod server_pull;
mod server_push;
mod server_register;
mod server_restore;
mod server_result;
mod server_schema;
mod server_states;
mod set_aside;
mod store_attachments;
mod store_merge;
mod ui_words;
mod wire;
mod wire_fuzz;
