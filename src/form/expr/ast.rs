//! What a parsed expression is.

use super::functions::Function;

/// An expression. Operators of one strength stand in one flat [`Expr::Chain`], so that `1 + 1 + …` a thousand times
/// is wide and not deep, and nothing that walks it can run out of stack.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// A number written in the expression.
    Number(f64),
    /// A quoted text.
    Literal(String),
    /// `.`, the node the expression belongs to (or, in a predicate, the node being tried).
    Here,
    /// `${name}`.
    Reference(Reference),
    /// Operators of the same strength, applied from left to right.
    Chain(Box<Expr>, Vec<(Op, Expr)>),
    /// Unary minus.
    Negate(Box<Expr>),
    /// A location path, or a filtered expression with steps after it.
    Path(Start, Vec<Step>),
    /// A function call; names and counts of arguments were checked when parsing.
    Call(&'static Function, Vec<Expr>),
    /// `regex(value, 'pattern')` with a constant pattern, compiled once.
    Matches(Box<Expr>, Pattern),
}

/// `${name}`: a node named from outside. `slot` is what the owner of the expression made of the name.
#[derive(Debug, Clone, PartialEq)]
pub struct Reference {
    /// The name as written.
    pub name: String,
    /// Set by the owner with [`super::visit_references`]; `usize::MAX` until then.
    pub slot: usize,
}

impl Reference {
    /// What stands before the name in `${last-saved#name}`.
    pub const LAST_SAVED_PREFIX: &'static str = "last-saved#";
    /// The slot of a reference to what was answered the last time, which is no node: [`super::Host::last_saved`].
    pub const LAST_SAVED: usize = usize::MAX - 1;

    /// The name after `last-saved#`, when the reference is of that kind.
    pub fn last_saved(&self) -> Option<&str> {
        self.name.strip_prefix(Self::LAST_SAVED_PREFIX)
    }
}

/// Where a path starts.
#[derive(Debug, Clone, PartialEq)]
pub enum Start {
    /// At the context node.
    Context,
    /// At the root of the document.
    Root,
    /// At the nodes of an expression, thinned by predicates.
    Filter(Box<Expr>, Vec<Expr>),
}

/// One step of a path.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The direction.
    pub axis: Axis,
    /// Which nodes in that direction.
    pub test: NodeTest,
    /// Conditions, each over what the one before it left.
    pub predicates: Vec<Expr>,
}

/// The directions of XPath 1.0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Axis {
    Child,
    Descendant,
    Parent,
    Ancestor,
    FollowingSibling,
    PrecedingSibling,
    Following,
    Preceding,
    Attribute,
    Namespace,
    Own,
    DescendantOrSelf,
    AncestorOrSelf,
}

impl Axis {
    /// Every axis by the name it is written with.
    pub(super) const NAMES: [(&'static str, Axis); 13] = [
        ("child", Axis::Child),
        ("descendant", Axis::Descendant),
        ("parent", Axis::Parent),
        ("ancestor", Axis::Ancestor),
        ("following-sibling", Axis::FollowingSibling),
        ("preceding-sibling", Axis::PrecedingSibling),
        ("following", Axis::Following),
        ("preceding", Axis::Preceding),
        ("attribute", Axis::Attribute),
        ("namespace", Axis::Namespace),
        ("self", Axis::Own),
        ("descendant-or-self", Axis::DescendantOrSelf),
        ("ancestor-or-self", Axis::AncestorOrSelf),
    ];

    /// Whether positions on this axis count backwards in document order.
    pub(super) fn is_reverse(self) -> bool {
        matches!(
            self,
            Axis::Parent
                | Axis::Ancestor
                | Axis::AncestorOrSelf
                | Axis::Preceding
                | Axis::PrecedingSibling
        )
    }
}

/// What a step takes of its axis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeTest {
    /// `node()`.
    Anything,
    /// `text()`.
    Text,
    /// `comment()`.
    Comment,
    /// `processing-instruction()`, or only those for one target.
    Instruction(Option<String>),
    /// `*`, elements (or attributes on their axis).
    Any,
    /// A name, with its prefix if one is written.
    Name(String),
}

/// The binary operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Op {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Plus,
    Minus,
    Times,
    Div,
    Mod,
    Union,
}

impl Op {
    /// How strongly it binds; operators of one strength group from the left.
    pub(super) fn strength(self) -> u8 {
        match self {
            Op::Or => 1,
            Op::And => 2,
            Op::Equal | Op::NotEqual => 3,
            Op::Less | Op::LessEqual | Op::Greater | Op::GreaterEqual => 4,
            Op::Plus | Op::Minus => 5,
            Op::Times | Op::Div | Op::Mod => 6,
            Op::Union => 8,
        }
    }

    /// As it is written.
    pub(super) fn sign(self) -> &'static str {
        match self {
            Op::Or => "or",
            Op::And => "and",
            Op::Equal => "=",
            Op::NotEqual => "!=",
            Op::Less => "<",
            Op::LessEqual => "<=",
            Op::Greater => ">",
            Op::GreaterEqual => ">=",
            Op::Plus => "+",
            Op::Minus => "-",
            Op::Times => "*",
            Op::Div => "div",
            Op::Mod => "mod",
            Op::Union => "|",
        }
    }
}

/// A regular expression that must match the whole text, as in ODK.
#[derive(Debug, Clone)]
pub struct Pattern {
    /// As written.
    pub source: String,
    pub(super) compiled: regex_lite::Regex,
    /// An upper bound of the states it has, and so of the work for each letter.
    weight: usize,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl Pattern {
    /// The longest pattern taken; a longer one is a mistake or an attack.
    const LONGEST: usize = 1_000;

    /// Compiles a pattern. The error is the reason in words.
    pub fn new(source: &str) -> Result<Pattern, String> {
        if source.len() > Self::LONGEST {
            return Err(format!("longer than {} characters", Self::LONGEST));
        }
        regex_lite::RegexBuilder::new(&format!("^(?:{source})$"))
            .size_limit(200_000)
            .build()
            .map(|compiled| Pattern {
                source: String::from(source),
                compiled,
                weight: weight(source),
            })
            .map_err(|error| error.to_string())
    }

    /// How much work a text of that length is at most, in steps of an evaluation.
    pub(super) fn cost(&self, text: usize) -> usize {
        1 + text.saturating_mul(self.weight) / 4
    }

    /// Whether the whole of `text` matches.
    pub fn matches(&self, text: &str) -> bool {
        self.compiled.is_match(text)
    }
}

/// The letters of a pattern, as often as its counted repetitions can ask for them at most.
fn weight(source: &str) -> usize {
    let counts = source.split('{').skip(1).filter_map(|rest| {
        let (counts, _) = rest.split_once('}')?;
        counts.rsplit(',').next()?.trim().parse::<usize>().ok()
    });
    counts.fold(source.len().max(1), |weight, count| {
        weight.saturating_mul(count.max(1))
    })
}
