//! The central endpoint: takes what devices send, gives them what they lack, serves them the app.
//!
//! | file | what it is |
//! |---|---|
//! | `router`, `routes/` | which calls there are, and their handlers |
//! | `guard` | who may call: the one mechanism of authentication and permission |
//! | `exchange` | one sync: understood, written, answered |
//! | `apply/` | what a mutation does to a record: pure rules of role, area and state, and the merge |
//! | `sqlite/` | the repository: one file, one writer with group commit, several readers |
//! | `attachments/`, `blobs` | photos and other files: arriving piece by piece, kept whole, swept up |
//! | `check_visit`, `correct` | a submitted visit run through its form; what its device computed otherwise |
//! | `told` | a change that does not stand, in words |
//! | `form_tool/` | the command line of the person who writes forms |
//! | `workbook/` | XLSForms as Excel files and CSV folders, in and out |
//! | `accounts`, `forms`, `register/`, `office` | what the office itself does: logins, forms, the register |
//! | `backup`, `restore` | a copy of the database, and the way back to one |
//! | `rescue` | a phone's backup file, taken in |
//! | `demo/` | an invented office |
//! | `connections`, `address` | how many clients, how slow, from where |
//! | `body`, `headers`, `files`, `log`, `error`, `serve`, `state` | HTTP around it |
//! | `machine`, `secret` | clock and randomness; passwords and tokens |

pub mod accounts;
pub mod address;
pub mod apply;
pub mod attachments;
pub mod backup;
pub mod blobs;
pub mod body;
pub mod check_visit;
mod connections;
pub mod correct;
pub mod demo;
pub mod error;
pub mod exchange;
mod files;
pub mod form_tool;
pub mod forms;
pub mod guard;
mod headers;
mod log;
pub mod machine;
pub mod office;
pub mod register;
pub mod rescue;
pub mod restore;
mod router;
mod routes;
pub mod secret;
mod serve;
pub mod sqlite;
mod state;
mod told;
pub mod workbook;

pub use connections::{allow_files, listen};
pub use headers::CSP;
pub use router::{ATTACHMENT_PATH, Endpoint, HISTORY_PATH, endpoints, router};
pub use routes::history::{HistoryEntry, NEXT};
pub use serve::{asked_to_stop, serve};
pub use state::{AppState, Config};
