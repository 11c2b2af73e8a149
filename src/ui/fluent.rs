//! Reads the part of Fluent that the screens' words need: values (`{ $name }`) and plurals (`{ $n -> [one] .. *[other] .. }`).
//!
//! The `fluent` crates read all of it, and would be a fiftieth of what a phone downloads. A test says every message of both
//! languages with them too, and finds no difference.

/// A value that a message takes.
#[derive(Clone, Debug)]
pub struct Value {
    text: String,
    /// English has a form for one and a form for every other number; Bahasa Indonesia has one form.
    one: bool,
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self { text, one: false }
    }
}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl From<$number> for Value {
            fn from(number: $number) -> Self {
                Self { text: number.to_string(), one: number == 1 }
            }
        }
    )*};
}
numbers!(i32, i64, u16, u32, u64, usize);

/// The messages of a file, sorted by their keys.
pub(super) struct Messages(Vec<(&'static str, &'static str)>);

impl Messages {
    /// Reads a file.
    pub(super) fn read(file: &'static str) -> Self {
        let mut messages: Vec<(&str, &str)> = Vec::new();
        let mut rest = file;
        while !rest.is_empty() {
            let end = message_end(rest);
            let (message, after) = rest.split_at(end);
            rest = after;
            if let Some((key, pattern)) = message.split_once('=')
                && !message.starts_with('#')
            {
                let key = key.trim();
                let at = messages.partition_point(|(known, _)| *known < key);
                messages.insert(at, (key, pattern.trim()));
            }
        }
        Self(messages)
    }

    /// Says a message; nothing when there is none of that key.
    pub(super) fn say(&self, key: &str, values: &[(&str, Value)]) -> Option<String> {
        let at = self.0.partition_point(|(known, _)| *known < key);
        let (_, pattern) = self.0.get(at).filter(|(known, _)| *known == key)?;
        let mut said = String::new();
        write(&mut said, pattern, values);
        Some(said)
    }
}

/// Where the first message or remark of a file ends: at the first line that is not in braces.
fn message_end(file: &str) -> usize {
    let (mut depth, mut end) = (0_usize, 0);
    for line in file.split_inclusive('\n') {
        end += line.len();
        depth += line.matches('{').count();
        depth = depth.saturating_sub(line.matches('}').count());
        if depth == 0 || line.starts_with('#') {
            break;
        }
    }
    end
}

fn write(said: &mut String, pattern: &str, values: &[(&str, Value)]) {
    let mut rest = pattern;
    while let Some((before, placeable)) = rest.split_once('{') {
        said.push_str(before);
        let (inside, after) = placeable.split_at(closing(placeable));
        rest = after.strip_prefix('}').unwrap_or(after);
        let (name, variants) = inside.split_once("->").unwrap_or((inside, ""));
        let name = name.trim().trim_start_matches('$');
        let Some((_, value)) = values.iter().find(|(known, _)| *known == name) else {
            continue;
        };
        if variants.is_empty() {
            said.push_str(&value.text);
        } else {
            write(said, variant(variants, value.one), values);
        }
    }
    said.push_str(rest);
}

/// Where the brace closes that was opened before this text.
fn closing(text: &str) -> usize {
    let mut depth = 1_usize;
    for (at, letter) in text.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

/// The variant for one, or the one for all other numbers.
fn variant(variants: &str, one: bool) -> &str {
    let of = |mark| {
        variants
            .lines()
            .find_map(|line| line.trim().strip_prefix(mark))
            .map(str::trim)
    };
    one.then(|| of("[one]"))
        .flatten()
        .or_else(|| of("*[other]"))
        .unwrap_or_default()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use fluent_bundle::{FluentArgs, FluentBundle, FluentResource};

    const FILES: [(&str, &str); 2] = [
        ("id", include_str!("../../assets/locales/id.ftl")),
        ("en", include_str!("../../assets/locales/en.ftl")),
    ];

    /// The names of the values in a pattern.
    fn names(pattern: &str) -> Vec<&str> {
        pattern
            .split('$')
            .skip(1)
            .filter_map(|piece| piece.split(|c: char| !c.is_ascii_alphanumeric()).next())
            .collect()
    }

    #[test]
    fn every_message_is_said_as_the_whole_of_fluent_says_it() {
        let mut compared = 0;
        for (tag, file) in FILES {
            let resource = FluentResource::try_new(file.to_owned()).unwrap();
            let mut bundle = FluentBundle::new(vec![tag.parse().unwrap()]);
            bundle.set_use_isolating(false);
            bundle.add_resource(resource).unwrap();
            let messages = Messages::read(file);
            for (key, pattern) in &messages.0 {
                for number in [0_u32, 1, 2, 21] {
                    let names = names(pattern);
                    let values: Vec<_> = names.iter().map(|name| (*name, number.into())).collect();
                    let mut args = FluentArgs::new();
                    for name in &names {
                        args.set(*name, number);
                    }
                    let whole = bundle.get_message(key).unwrap().value().unwrap();
                    let whole = bundle.format_pattern(whole, Some(&args), &mut Vec::new());
                    assert_eq!(messages.say(key, &values).unwrap(), whole, "{tag} {key}");
                    compared += 1;
                }
            }
        }
        assert!(compared > 2000, "only {compared} were compared");
    }

    #[test]
    fn a_value_that_is_missing_leaves_a_gap_and_nothing_else() {
        let messages = Messages::read("# words\nhello = Hello { $name }!\n");
        assert_eq!(messages.say("hello", &[]).unwrap(), "Hello !");
        assert_eq!(messages.say("hi", &[]), None);
    }
}
