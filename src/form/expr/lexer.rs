//! Text to tokens, with XPath's rule that `*`, `and`, `or`, `div`, `mod` are operators only after an operand.

use super::parser::ParseError;
use crate::domain::{decimal, letters::is_letter};

/// One token of an expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Number(f64),
    Literal(String),
    Name(String),
    Reference(String),
    /// `*` as a name test.
    Star,
    Slash,
    SlashSlash,
    Dot,
    DotDot,
    At,
    Comma,
    Open,
    Close,
    OpenBracket,
    CloseBracket,
    ColonColon,
    Pipe,
    Plus,
    Minus,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    And,
    Or,
    Times,
    Div,
    Mod,
}

impl Token {
    /// After these tokens a name or a star is an operand, not an operator.
    fn wants_operand(&self) -> bool {
        !matches!(
            self,
            Token::Number(_)
                | Token::Literal(_)
                | Token::Name(_)
                | Token::Reference(_)
                | Token::Star
                | Token::Dot
                | Token::DotDot
                | Token::Close
                | Token::CloseBracket
        )
    }
}

struct Reader<'a> {
    rest: std::iter::Peekable<std::str::CharIndices<'a>>,
}

impl Reader<'_> {
    fn peek(&mut self) -> Option<char> {
        self.rest.peek().map(|(_, c)| *c)
    }

    /// The character after the next one.
    fn peek_second(&self) -> Option<char> {
        let mut ahead = self.rest.clone();
        ahead.next();
        ahead.next().map(|(_, c)| c)
    }

    fn take_while(&mut self, into: &mut String, keep: impl Fn(char) -> bool) {
        while let Some(c) = self.peek() {
            if !keep(c) {
                break;
            }
            into.push(c);
            self.rest.next();
        }
    }

    fn accept(&mut self, wanted: char) -> bool {
        if self.peek() == Some(wanted) {
            self.rest.next();
            return true;
        }
        false
    }
}

fn starts_name(c: char) -> bool {
    is_letter(c) || c == '_'
}

fn continues_name(c: char) -> bool {
    is_letter(c) || c.is_ascii_digit() || matches!(c, '_' | '-' | '.')
}

/// Splits `text` into tokens, each with the byte offset where it starts.
pub(super) fn tokens(text: &str) -> Result<Vec<(usize, Token)>, ParseError> {
    let mut reader = Reader {
        rest: text.char_indices().peekable(),
    };
    let mut out: Vec<(usize, Token)> = Vec::new();
    while let Some((at, c)) = reader.rest.next() {
        let operand = out.last().is_none_or(|(_, last)| last.wants_operand());
        let token = match c {
            _ if c.is_whitespace() => continue,
            '(' => Token::Open,
            ')' => Token::Close,
            '[' => Token::OpenBracket,
            ']' => Token::CloseBracket,
            ',' => Token::Comma,
            '@' => Token::At,
            '|' => Token::Pipe,
            '+' => Token::Plus,
            '-' | '\u{2212}' => Token::Minus,
            '=' => Token::Equal,
            '*' if operand => Token::Star,
            '*' => Token::Times,
            '/' if reader.accept('/') => Token::SlashSlash,
            '/' => Token::Slash,
            '!' if reader.accept('=') => Token::NotEqual,
            '<' if reader.accept('=') => Token::LessEqual,
            '<' => Token::Less,
            '>' if reader.accept('=') => Token::GreaterEqual,
            '>' => Token::Greater,
            ':' if reader.accept(':') => Token::ColonColon,
            '.' if reader.accept('.') => Token::DotDot,
            '.' if reader.peek().is_some_and(|d| d.is_ascii_digit()) => {
                number(&mut reader, String::from("0."), false)
            }
            '.' => Token::Dot,
            '0'..='9' => number(&mut reader, String::from(c), true),
            // Excel turns straight quotes into curly ones by itself; both mean the same here.
            '\'' | '\u{2018}' | '\u{2019}' => {
                literal(&mut reader, at, c, &['\'', '\u{2018}', '\u{2019}'])?
            }
            '"' | '\u{201c}' | '\u{201d}' => {
                literal(&mut reader, at, c, &['"', '\u{201c}', '\u{201d}'])?
            }
            '$' if reader.accept('{') => reference(&mut reader, at)?,
            _ if starts_name(c) => name(&mut reader, c, operand),
            _ => return Err(ParseError::Character { at, found: c }),
        };
        out.push((at, token));
    }
    Ok(out)
}

fn number(reader: &mut Reader<'_>, mut digits: String, point: bool) -> Token {
    reader.take_while(&mut digits, |c| c.is_ascii_digit());
    if point && reader.peek() == Some('.') && reader.peek_second() != Some('.') {
        reader.rest.next();
        digits.push('.');
        reader.take_while(&mut digits, |c| c.is_ascii_digit());
    }
    Token::Number(decimal::read(&digits).unwrap_or(f64::NAN))
}

/// A text in quotes. One opened with a straight quote ends at the next straight one, so that `'Jum’at'` is one text;
/// any of its kind ends it when there is none, or when it was opened with a curly one.
fn literal(
    reader: &mut Reader<'_>,
    at: usize,
    open: char,
    ends: &[char],
) -> Result<Token, ParseError> {
    let mut text = String::new();
    let straight = open.is_ascii() && reader.rest.clone().any(|(_, c)| c == open);
    reader.take_while(&mut text, |c| {
        if straight {
            c != open
        } else {
            !ends.contains(&c)
        }
    });
    match reader.rest.next() {
        Some(_) => Ok(Token::Literal(text)),
        None => Err(ParseError::Unclosed {
            at,
            what: "a quotation mark",
        }),
    }
}

/// Whether `${…}` can hold this name.
pub(super) fn names_something(name: &str) -> bool {
    !name.is_empty()
        && name
            .chars()
            .all(|c| continues_name(c) || matches!(c, '#' | ':'))
}

fn reference(reader: &mut Reader<'_>, at: usize) -> Result<Token, ParseError> {
    let mut name = String::new();
    reader.take_while(&mut name, |c| c != '}');
    if reader.rest.next().is_none() {
        return Err(ParseError::Unclosed { at, what: "`${`" });
    }
    let name = name.trim();
    if !names_something(name) {
        return Err(ParseError::Name {
            at,
            found: format!("${{{name}}}"),
        });
    }
    Ok(Token::Reference(String::from(name)))
}

fn name(reader: &mut Reader<'_>, first: char, operand: bool) -> Token {
    let mut text = String::from(first);
    reader.take_while(&mut text, continues_name);
    if !operand {
        match text.as_str() {
            "and" => return Token::And,
            "or" => return Token::Or,
            "div" => return Token::Div,
            "mod" => return Token::Mod,
            _ => {}
        }
    }
    // A prefix belongs to the name; the `::` of an axis does not.
    if reader.peek() == Some(':')
        && reader
            .peek_second()
            .is_some_and(|c| starts_name(c) || c == '*')
    {
        reader.rest.next();
        text.push(':');
        if reader.accept('*') {
            text.push('*');
        } else {
            reader.take_while(&mut text, continues_name);
        }
    }
    Token::Name(text)
}
