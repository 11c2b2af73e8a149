//! The world of the app in types: pure, no I/O, no clock, no randomness.

pub mod area;
pub mod assessment;
pub mod attachment;
pub mod care;
pub mod csv;
pub mod decimal;
pub mod follow_up;
pub mod id;
pub mod json;
pub mod kind;
pub mod kinds;
pub mod letters;
pub mod name;
pub mod numeral;
pub mod rat;
pub mod record;
pub mod score;
pub mod status_rule;
pub mod stored;
pub mod time;

pub use area::AreaCode;
pub use assessment::{Assessment, ScoredVisit, VisitResult};
pub use attachment::AttachmentName;
pub use kinds::{cooperative, form, person, review, visit};

pub use cooperative::{Cooperative, Status, StatusEntry};
pub use follow_up::FollowUp;
pub use id::{DeviceId, MutationId, RecordId, UserId};
pub use kind::Kind;
pub use person::{Person, Role, Scope, User};
pub use record::{Fields, Record};
pub use review::{Decision, Review};
pub use status_rule::Proposal;
pub use stored::{Reach, Stored};
pub use time::Millis;
pub use visit::{LookedUp, Mark, Visit, VisitState};
