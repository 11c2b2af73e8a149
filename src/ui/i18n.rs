//! Words of the screens: Fluent, Bahasa Indonesia first, English second. Words of checklists come from their sheets.

use std::cell::RefCell;

use dioxus::prelude::*;

use super::fluent::{Messages, Value};
use crate::platform::host::page;

/// A language of the screens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Language {
    /// Bahasa Indonesia.
    Id,
    /// English.
    En,
}

impl Language {
    /// Its tag (`id`, `en`).
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Language::Id => "id",
            Language::En => "en",
        }
    }

    /// The language of that tag; Bahasa Indonesia for any other.
    #[must_use]
    pub fn of_tag(tag: &str) -> Self {
        if tag == "en" {
            Language::En
        } else {
            Language::Id
        }
    }

    fn words(self) -> &'static str {
        match self {
            Language::Id => include_str!("../../assets/locales/id.ftl"),
            Language::En => include_str!("../../assets/locales/en.ftl"),
        }
    }
}

/// The name under which the device keeps the language.
const SETTING: &str = "language";

static LANGUAGE: GlobalSignal<Language> =
    Signal::global(|| page::setting(SETTING).map_or(Language::Id, |tag| Language::of_tag(&tag)));

thread_local! {
    static MESSAGES: RefCell<Vec<(Language, Messages)>> = const { RefCell::new(Vec::new()) };
}

/// Tells the page which language it is in; to be called once at the start.
pub(super) fn start() {
    let tag = page::setting(SETTING).unwrap_or_default();
    page::set_language(Language::of_tag(&tag).tag());
}

/// The language of the screens. Who reads it while drawing is drawn again when it changes.
pub(super) fn language() -> Language {
    *LANGUAGE.read()
}

/// Whether the screens are in English.
pub(super) fn english() -> bool {
    language() == Language::En
}

/// Changes the language and keeps it on the device.
pub(super) fn choose(language: Language) {
    *LANGUAGE.write() = language;
    page::keep_setting(SETTING, language.tag());
    page::set_language(language.tag());
}

/// A message of the screens.
pub(super) fn t(key: &str) -> String {
    message(language(), key, &[])
}

/// A message with values in it.
pub(super) fn ta(key: &str, values: &[(&str, Value)]) -> String {
    message(language(), key, values)
}

/// A message in a language; the key itself when there is none of that name.
#[must_use]
pub fn message(language: Language, key: &str, values: &[(&str, Value)]) -> String {
    MESSAGES.with_borrow_mut(|known| {
        if !known.iter().any(|(of, _)| *of == language) {
            known.push((language, Messages::read(language.words())));
        }
        known
            .iter()
            .find(|(of, _)| *of == language)
            .and_then(|(_, messages)| messages.say(key, values))
            .unwrap_or_else(|| key.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_takes_its_values_and_english_its_plurals() {
        let say = |language, n: u32| message(language, "notes-count", &[("n", n.into())]);
        assert_eq!(say(Language::Id, 2), "2 catatan");
        assert_eq!(say(Language::En, 1), "1 note");
        assert_eq!(say(Language::En, 2), "2 notes");
        assert_eq!(
            message(Language::Id, "no-such-message", &[]),
            "no-such-message"
        );
    }
}
