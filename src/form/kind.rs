//! The kinds of questions, and what follows from the kind alone.

/// What a question asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum QuestionKind {
    Text,
    Integer,
    Decimal,
    Date,
    Time,
    DateTime,
    SelectOne,
    SelectMultiple,
    Rank,
    Range,
    Note,
    Acknowledge,
    Calculate,
    Hidden,
    Geopoint,
    Geotrace,
    Geoshape,
    Image,
    Signature,
    Audio,
    Video,
    File,
    Barcode,
    Start,
    End,
    Today,
    DeviceId,
    Username,
    Audit,
    /// What other apps record by themselves and this one does not: sound or positions in the background.
    Background,
}

impl QuestionKind {
    /// Every type word of an XLSForm that is not a select, a group or a repeat, with what it means.
    pub(super) const WORDS: &'static [(&'static str, QuestionKind)] = &[
        ("text", QuestionKind::Text),
        ("string", QuestionKind::Text),
        ("integer", QuestionKind::Integer),
        ("int", QuestionKind::Integer),
        ("decimal", QuestionKind::Decimal),
        ("date", QuestionKind::Date),
        ("time", QuestionKind::Time),
        ("datetime", QuestionKind::DateTime),
        ("range", QuestionKind::Range),
        ("note", QuestionKind::Note),
        ("acknowledge", QuestionKind::Acknowledge),
        ("trigger", QuestionKind::Acknowledge),
        ("calculate", QuestionKind::Calculate),
        ("hidden", QuestionKind::Hidden),
        ("geopoint", QuestionKind::Geopoint),
        ("geotrace", QuestionKind::Geotrace),
        ("geoshape", QuestionKind::Geoshape),
        ("image", QuestionKind::Image),
        ("photo", QuestionKind::Image),
        ("audio", QuestionKind::Audio),
        ("video", QuestionKind::Video),
        ("file", QuestionKind::File),
        ("barcode", QuestionKind::Barcode),
        ("start", QuestionKind::Start),
        ("end", QuestionKind::End),
        ("today", QuestionKind::Today),
        ("deviceid", QuestionKind::DeviceId),
        ("username", QuestionKind::Username),
        ("audit", QuestionKind::Audit),
    ];

    /// Whether it appears on the screen at all; the others are filled by the form itself.
    pub fn is_shown(self) -> bool {
        use QuestionKind::{
            Audit, Background, Calculate, DeviceId, End, Hidden, Start, Today, Username,
        };
        !matches!(
            self,
            Calculate | Hidden | Start | End | Today | DeviceId | Username | Audit | Background
        )
    }

    /// Whether a person gives the answer.
    pub fn is_asked(self) -> bool {
        self.is_shown() && self != QuestionKind::Note
    }

    /// Whether the app can capture it. What it cannot is left out of the pages and never blocks.
    pub fn is_capturable(self) -> bool {
        !matches!(self, QuestionKind::Audit | QuestionKind::Background)
    }

    /// Whether the answer names an attachment.
    pub fn is_attachment(self) -> bool {
        use QuestionKind::{Audio, File, Image, Signature, Video};
        matches!(self, Audio | File | Image | Signature | Video)
    }

    /// Whether the answer is one choice or several of a list.
    pub fn has_choices(self) -> bool {
        matches!(
            self,
            QuestionKind::SelectOne | QuestionKind::SelectMultiple | QuestionKind::Rank
        )
    }
}
