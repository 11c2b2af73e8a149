//! One sync without the network around it, over a transaction of whatever engine.
//!
//! | file | what it is |
//! |---|---|
//! | `exchange` | a request: understood, written, answered |
//! | `push` | one change: what must be known is gathered, `kinds` decides, change and answer are written down |
//! | `precheck` | a submitted visit run through its form before the one writer is asked |
//! | `pull` | what a device lacks, a page at a time, and the digest |
//! | `refused` | what is kept of a refused change, and how many refusals a user gets |
//! | `set_aside` | the list of what was not applied |
//! | `history` | a visit's changes, in pages |
//! | `describe` | a change in words |

pub mod describe;
pub mod exchange;
pub mod history;
pub mod precheck;
pub mod pull;
pub mod push;
pub mod refused;
pub mod set_aside;
