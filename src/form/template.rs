//! Texts for people, with values of the form in them, in several languages.

use super::expr::Expr;

/// A text in which `${name}` stands for an answer.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Template {
    /// In order.
    pub pieces: Vec<Piece>,
}

/// A part of a [`Template`].
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum Piece {
    Text(String),
    Value(Expr),
}

impl Template {
    /// The text as written, with `${name}` where values stand.
    pub fn source(&self) -> String {
        let mut out = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Value(expr) => out.push_str(&expr.to_string()),
            }
        }
        out
    }
}

/// One text in the languages of the form, by their index; `None` where a language has none.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Texts(pub Vec<Option<Template>>);

impl Texts {
    /// The text in a language, or in the first one that has it.
    pub fn get(&self, language: usize) -> Option<&Template> {
        self.exact(language)
            .or_else(|| self.0.iter().flatten().next())
    }

    /// The text in exactly this language.
    pub fn exact(&self, language: usize) -> Option<&Template> {
        self.0.get(language).and_then(Option::as_ref)
    }

    /// All templates there are.
    pub fn iter(&self) -> impl Iterator<Item = &Template> {
        self.0.iter().flatten()
    }

    pub(super) fn set(&mut self, language: usize, template: Template) {
        if self.0.len() <= language {
            self.0.resize(language + 1, None);
        }
        if let Some(place) = self.0.get_mut(language) {
            *place = Some(template);
        }
    }
}
