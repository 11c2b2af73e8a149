//! Tokens to [`Expr`], by operator precedence.

use super::ast::{Axis, Expr, NodeTest, Op, Pattern, Reference, Start, Step};
use super::functions;
use super::lexer::{Token, tokens};

/// Why a text is no expression. `at` is the byte offset in the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)]
pub enum ParseError {
    #[error("the expression is empty")]
    Empty,
    #[error("`{found}` cannot stand in an expression")]
    Character { at: usize, found: char },
    #[error("{what} is opened and never closed")]
    Unclosed { at: usize, what: &'static str },
    #[error("`{found}` is not a valid name")]
    Name { at: usize, found: String },
    #[error("{wanted} expected{}", found.as_ref().map(|found| format!(" before {found}")).unwrap_or_default())]
    Expected {
        at: usize,
        wanted: &'static str,
        found: Option<String>,
    },
    #[error("there is no function `{name}()`")]
    Function { at: usize, name: String },
    #[error("`{name}()` takes {wanted}, not {given}")]
    Arguments {
        at: usize,
        name: &'static str,
        wanted: String,
        given: usize,
    },
    #[error("the pattern `{pattern}` is not a regular expression: {reason}")]
    Regex {
        at: usize,
        pattern: String,
        reason: String,
    },
    #[error("the expression is nested too deeply")]
    Depth { at: usize },
    #[error("the expression is too long")]
    Long,
}

/// Deeper than the longest chains of `if(…, …, if(…` that are met, and shallow enough for the stack of a browser's worker.
const DEEPEST: usize = 100;
/// Longer than any cell of Excel.
const LONGEST: usize = 40_000;

/// Parses an expression.
///
/// # Errors
/// The first thing that makes it none.
pub fn parse(text: &str) -> Result<Expr, ParseError> {
    if text.len() > LONGEST {
        return Err(ParseError::Long);
    }
    let tokens = tokens(text)?;
    if tokens.is_empty() {
        return Err(ParseError::Empty);
    }
    let mut parser = Parser {
        tokens,
        next: 0,
        depth: 0,
        end: text.len(),
    };
    let expr = parser.expression(0)?;
    match parser.peek() {
        None => Ok(expr),
        Some(_) => Err(parser.expected("an operator or the end")),
    }
}

struct Parser {
    tokens: Vec<(usize, Token)>,
    next: usize,
    depth: usize,
    end: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next).map(|(_, token)| token)
    }

    fn peek_at(&self, ahead: usize) -> Option<&Token> {
        self.tokens.get(self.next + ahead).map(|(_, token)| token)
    }

    fn at(&self) -> usize {
        self.tokens.get(self.next).map_or(self.end, |(at, _)| *at)
    }

    fn accept(&mut self, token: &Token) -> bool {
        if self.peek() == Some(token) {
            self.next += 1;
            return true;
        }
        false
    }

    fn expect(&mut self, token: &Token, wanted: &'static str) -> Result<(), ParseError> {
        if self.accept(token) {
            Ok(())
        } else {
            Err(self.expected(wanted))
        }
    }

    fn expected(&self, wanted: &'static str) -> ParseError {
        ParseError::Expected {
            at: self.at(),
            wanted,
            found: self.peek().map(describe),
        }
    }

    fn operator(&self) -> Option<Op> {
        Some(match self.peek()? {
            Token::Or => Op::Or,
            Token::And => Op::And,
            Token::Equal => Op::Equal,
            Token::NotEqual => Op::NotEqual,
            Token::Less => Op::Less,
            Token::LessEqual => Op::LessEqual,
            Token::Greater => Op::Greater,
            Token::GreaterEqual => Op::GreaterEqual,
            Token::Plus => Op::Plus,
            Token::Minus => Op::Minus,
            Token::Times => Op::Times,
            Token::Div => Op::Div,
            Token::Mod => Op::Mod,
            Token::Pipe => Op::Union,
            _ => return None,
        })
    }

    /// Parses operators that bind at least as strongly as `weakest`.
    fn expression(&mut self, weakest: u8) -> Result<Expr, ParseError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(ParseError::Depth { at: self.at() });
        }
        let mut left = if self.accept(&Token::Minus) {
            Expr::Negate(Box::new(self.expression(7)?))
        } else {
            self.operand()?
        };
        while let Some(op) = self.operator() {
            if op.strength() < weakest {
                break;
            }
            self.next += 1;
            let right = self.expression(op.strength() + 1)?;
            left = match left {
                Expr::Chain(first, mut rest)
                    if rest
                        .last()
                        .is_some_and(|(last, _)| last.strength() == op.strength()) =>
                {
                    rest.push((op, right));
                    Expr::Chain(first, rest)
                }
                other => Expr::Chain(Box::new(other), vec![(op, right)]),
            };
        }
        self.depth -= 1;
        Ok(left)
    }

    /// A path, or a primary expression with predicates and steps after it.
    fn operand(&mut self) -> Result<Expr, ParseError> {
        let primary = match self.peek() {
            None => return Err(self.expected("a value")),
            Some(Token::Number(number)) => Expr::Number(*number),
            Some(Token::Literal(text)) => Expr::Literal(text.clone()),
            Some(Token::Reference(name)) => Expr::Reference(Reference {
                name: name.clone(),
                slot: usize::MAX,
            }),
            Some(Token::Open) => {
                self.next += 1;
                let inner = self.expression(0)?;
                self.expect(&Token::Close, "`)`")?;
                return self.filtered(inner);
            }
            Some(Token::Name(name))
                if self.peek_at(1) == Some(&Token::Open) && !is_node_type(name) =>
            {
                let call = self.call()?;
                return self.filtered(call);
            }
            Some(_) => return self.path(),
        };
        self.next += 1;
        self.filtered(primary)
    }

    fn filtered(&mut self, primary: Expr) -> Result<Expr, ParseError> {
        let predicates = self.predicates()?;
        let mut steps = Vec::new();
        match self.peek() {
            Some(Token::Slash) => {
                self.next += 1;
                self.steps(&mut steps)?;
            }
            Some(Token::SlashSlash) => self.steps(&mut steps)?,
            _ if predicates.is_empty() => return Ok(primary),
            _ => {}
        }
        Ok(Expr::Path(
            Start::Filter(Box::new(primary), predicates),
            steps,
        ))
    }

    fn path(&mut self) -> Result<Expr, ParseError> {
        let mut steps = Vec::new();
        let start = match self.peek() {
            Some(Token::Slash) => {
                self.next += 1;
                if !self.starts_step() {
                    return Ok(Expr::Path(Start::Root, steps));
                }
                Start::Root
            }
            Some(Token::SlashSlash) => Start::Root,
            _ => Start::Context,
        };
        self.steps(&mut steps)?;
        let here = matches!(
            (&start, steps.as_slice()),
            (Start::Context, [Step { axis: Axis::Own, test: NodeTest::Anything, predicates }]) if predicates.is_empty()
        );
        Ok(if here {
            Expr::Here
        } else {
            Expr::Path(start, steps)
        })
    }

    fn starts_step(&self) -> bool {
        matches!(
            self.peek(),
            Some(Token::Name(_) | Token::Star | Token::Dot | Token::DotDot | Token::At)
        )
    }

    /// Steps separated by `/` and `//`; the parser may stand on a `//`.
    fn steps(&mut self, steps: &mut Vec<Step>) -> Result<(), ParseError> {
        loop {
            if self.accept(&Token::SlashSlash) {
                steps.push(Step {
                    axis: Axis::DescendantOrSelf,
                    test: NodeTest::Anything,
                    predicates: Vec::new(),
                });
            }
            steps.push(self.step()?);
            if self.peek() == Some(&Token::SlashSlash) {
                continue;
            }
            if !self.accept(&Token::Slash) {
                return Ok(());
            }
        }
    }

    fn step(&mut self) -> Result<Step, ParseError> {
        if self.accept(&Token::Dot) {
            return Ok(Step {
                axis: Axis::Own,
                test: NodeTest::Anything,
                predicates: self.predicates()?,
            });
        }
        if self.accept(&Token::DotDot) {
            return Ok(Step {
                axis: Axis::Parent,
                test: NodeTest::Anything,
                predicates: self.predicates()?,
            });
        }
        let axis = if self.accept(&Token::At) {
            Axis::Attribute
        } else {
            self.axis()?
        };
        let test = match self.peek() {
            Some(Token::Star) => NodeTest::Any,
            Some(Token::Name(name)) if self.peek_at(1) == Some(&Token::Open) => {
                let test = match name.as_str() {
                    "node" => NodeTest::Anything,
                    "text" => NodeTest::Text,
                    "comment" => NodeTest::Comment,
                    "processing-instruction" => NodeTest::Instruction(None),
                    _ => return Err(self.expected("a name")),
                };
                self.next += 2;
                let test = match (test, self.peek()) {
                    (NodeTest::Instruction(_), Some(Token::Literal(target))) => {
                        let target = target.clone();
                        self.next += 1;
                        NodeTest::Instruction(Some(target))
                    }
                    (test, _) => test,
                };
                self.expect(&Token::Close, "`)`")?;
                return Ok(Step {
                    axis,
                    test,
                    predicates: self.predicates()?,
                });
            }
            Some(Token::Name(name)) => NodeTest::Name(name.clone()),
            _ => return Err(self.expected("a value")),
        };
        self.next += 1;
        Ok(Step {
            axis,
            test,
            predicates: self.predicates()?,
        })
    }

    fn axis(&mut self) -> Result<Axis, ParseError> {
        let (Some(Token::Name(name)), Some(Token::ColonColon)) = (self.peek(), self.peek_at(1))
        else {
            return Ok(Axis::Child);
        };
        let found = Axis::NAMES
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, axis)| *axis);
        match found {
            Some(axis) => {
                self.next += 2;
                Ok(axis)
            }
            None => Err(ParseError::Name {
                at: self.at(),
                found: format!("{name}::"),
            }),
        }
    }

    fn predicates(&mut self) -> Result<Vec<Expr>, ParseError> {
        let mut out = Vec::new();
        while self.accept(&Token::OpenBracket) {
            out.push(self.expression(0)?);
            self.expect(&Token::CloseBracket, "`]`")?;
        }
        Ok(out)
    }

    fn call(&mut self) -> Result<Expr, ParseError> {
        let at = self.at();
        let name = match self.peek() {
            Some(Token::Name(name)) => name.clone(),
            _ => return Err(self.expected("a function")),
        };
        self.next += 2;
        let mut arguments = Vec::new();
        if !self.accept(&Token::Close) {
            loop {
                arguments.push(self.expression(0)?);
                if self.accept(&Token::Close) {
                    break;
                }
                self.expect(&Token::Comma, "`,` or `)`")?;
            }
        }
        let Some(function) = functions::find(&name) else {
            return Err(ParseError::Function { at, name });
        };
        if !function.takes(arguments.len()) {
            let wanted = function.wants();
            return Err(ParseError::Arguments {
                at,
                name: function.name,
                wanted,
                given: arguments.len(),
            });
        }
        if function.name == "regex"
            && let [_, Expr::Literal(pattern)] = arguments.as_slice()
        {
            let pattern = Pattern::new(pattern).map_err(|reason| ParseError::Regex {
                at,
                pattern: pattern.clone(),
                reason,
            })?;
            arguments.truncate(1);
            if let Some(value) = arguments.pop() {
                return Ok(Expr::Matches(Box::new(value), pattern));
            }
        }
        if function.name == "jr:choice-name" {
            // The question is written in quotes there: jr:choice-name(${a}, '${a}').
            for argument in arguments.iter_mut().skip(1) {
                let named = match argument {
                    Expr::Literal(text) => text
                        .trim()
                        .strip_prefix("${")
                        .and_then(|rest| rest.strip_suffix('}'))
                        .map(str::trim)
                        .map(String::from),
                    _ => None,
                };
                if let Some(name) = named {
                    *argument = Expr::Reference(Reference {
                        name,
                        slot: usize::MAX,
                    });
                }
            }
        }
        Ok(Expr::Call(function, arguments))
    }
}

fn is_node_type(name: &str) -> bool {
    matches!(name, "node" | "text" | "comment" | "processing-instruction")
}

fn describe(token: &Token) -> String {
    match token {
        Token::Number(number) => format!("`{number}`"),
        Token::Literal(text) => format!("'{text}'"),
        Token::Name(name) => format!("`{name}`"),
        Token::Reference(name) => format!("`${{{name}}}`"),
        Token::Star | Token::Times => String::from("`*`"),
        Token::Slash => String::from("`/`"),
        Token::SlashSlash => String::from("`//`"),
        Token::Dot => String::from("`.`"),
        Token::DotDot => String::from("`..`"),
        Token::At => String::from("`@`"),
        Token::Comma => String::from("`,`"),
        Token::Open => String::from("`(`"),
        Token::Close => String::from("`)`"),
        Token::OpenBracket => String::from("`[`"),
        Token::CloseBracket => String::from("`]`"),
        Token::ColonColon => String::from("`::`"),
        Token::Pipe => String::from("`|`"),
        Token::Plus => String::from("`+`"),
        Token::Minus => String::from("`-`"),
        Token::Equal => String::from("`=`"),
        Token::NotEqual => String::from("`!=`"),
        Token::Less => String::from("`<`"),
        Token::LessEqual => String::from("`<=`"),
        Token::Greater => String::from("`>`"),
        Token::GreaterEqual => String::from("`>=`"),
        Token::And => String::from("`and`"),
        Token::Or => String::from("`or`"),
        Token::Div => String::from("`div`"),
        Token::Mod => String::from("`mod`"),
    }
}
