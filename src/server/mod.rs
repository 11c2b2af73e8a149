//! The central endpoint: takes what devices send, gives them what they lack, serves them the app.
//!
//! | file | what it is |
//! |---|---|
//! | `router`, `routes/` | which calls there are, and their handlers |
//! | `guard` | who may call: the one mechanism of authentication and permission |
//! | `sync/` | one sync: understood, written, answered |
//! | `kinds/` | what a mutation does to a record: for each kind what must be known and its rules; and the merge |
//! | `repo/` | the repository: one trait, and the engines behind it |
//! | `attachments/`, `blobs` | photos and other files: arriving piece by piece, kept whole, swept up |
//! | `check_visit`, `correct` | a submitted visit run through its form; what its device computed otherwise |
//! | `form_tool/` | the command line of the person who writes forms |
//! | `workbook/` | XLSForms as Excel files and CSV folders, in and out |
//! | `accounts`, `forms`, `register/`, `office` | what the office itself does: logins, forms, the register |
//! | `rescue` | a phone's backup file, taken in |
//! | `demo/` | an invented office |
//! | `connections`, `address` | how many clients, how slow, from where |
//! | `body`, `headers`, `files`, `log`, `error`, `serve`, `state` | HTTP around it |
//! | `machine`, `secret` | clock and randomness; passwords and tokens |

pub mod accounts;
pub mod address;
pub mod attachments;
pub mod blobs;
pub mod body;
pub mod check_visit;
mod connections;
pub mod correct;
pub mod demo;
pub mod error;
mod files;
pub mod form_tool;
pub mod forms;
pub mod guard;
mod headers;
pub mod kinds;
mod log;
pub mod machine;
pub mod office;
pub mod register;
pub mod repo;
pub mod rescue;
mod router;
mod routes;
pub mod secret;
mod serve;
mod state;
pub mod sync;
pub mod workbook;

pub use connections::{allow_files, listen};
pub use headers::CSP;
pub use router::{ATTACHMENT_PATH, Endpoint, HISTORY_PATH, endpoints, router};
pub use routes::history::{HistoryEntry, NEXT};
pub use serve::{asked_to_stop, serve};
pub use state::{AppState, Config};
