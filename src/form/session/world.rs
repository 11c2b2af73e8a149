//! What expressions see: the document, the lists and tables beside it, and the surroundings.

use std::borrow::Cow;
use std::cell::Cell;
use std::sync::Arc;

use super::Surroundings;
use super::document::{DOCUMENT, Document};
use super::secondary::Secondary;
use crate::domain::decimal;
use crate::form::definition::{Choices, Condition, ElementId, ElementKind, Form, Tongue};
use crate::form::expr::{
    Expr, Fault, Host, NodeId, NodeKind, NodeSet, Scope, Tree, Value, civil_text, date_of_number,
    eval, number_to_text, stamp_of_number, stamp_text,
};
use crate::form::kind::QuestionKind;
use crate::form::template::{Piece, Template, Texts};

/// Ids from here on belong to lists and tables.
pub(super) const SECONDARY: NodeId = 1 << 31;

/// The form, its document and what is around.
#[derive(Debug, Clone)]
pub(super) struct World {
    pub(super) form: Arc<Form>,
    pub(super) document: Document,
    pub(super) surroundings: Surroundings,
    pub(super) secondary: Secondary,
}

impl World {
    pub(super) fn new(form: Arc<Form>, mut surroundings: Surroundings) -> World {
        for (name, rows) in form.tables() {
            let given = surroundings.tables.entry(name.clone());
            given.or_insert_with(|| rows.clone());
        }
        let secondary = Secondary::new(&form, &surroundings.tables);
        World {
            form,
            document: Document::default(),
            surroundings,
            secondary,
        }
    }

    pub(super) fn element_of(&self, node: NodeId) -> ElementId {
        self.document.element(node)
    }

    /// The kind of a question's node.
    pub(super) fn kind_of(&self, node: NodeId) -> Option<QuestionKind> {
        self.form.element(self.element_of(node))?.question_kind()
    }

    /// The time as a form writes it.
    pub(super) fn stamp(&self) -> String {
        stamp_text(self.surroundings.now, self.surroundings.utc_offset_minutes)
    }

    /// Evaluates an expression at a node and hands the value on.
    pub(super) fn with<R>(
        &self,
        expr: &Expr,
        node: NodeId,
        current: NodeId,
        take: impl FnOnce(Result<Value<'_>, Fault>) -> R,
    ) -> R {
        let fuel = Cell::new(Scope::FUEL);
        let scope = Scope {
            current,
            ..Scope::new(self, self, node, &fuel)
        };
        take(eval(expr, &scope))
    }

    /// A truth; what cannot be evaluated counts as `otherwise`.
    pub(super) fn holds(&self, expr: &Expr, node: NodeId, otherwise: bool) -> bool {
        self.with(expr, node, node, |value| {
            value.map_or(otherwise, |value| value.boolean())
        })
    }

    pub(super) fn number(&self, expr: &Expr, node: NodeId) -> f64 {
        let offset = self.surroundings.utc_offset_minutes;
        self.with(expr, node, node, |value| {
            value.map_or(f64::NAN, |value| value.number(self, offset))
        })
    }

    /// A value to store; a number that is none is empty.
    pub(super) fn compute_text(&self, expr: &Expr, node: NodeId) -> String {
        let fuel = Cell::new(Scope::FUEL);
        let scope = Scope::new(self, self, node, &fuel);
        match eval(expr, &scope) {
            Ok(Value::Number(number)) if number.is_finite() => number_to_text(number),
            Ok(Value::Number(_)) | Err(_) => String::new(),
            Ok(value) => value.into_text(self).into_owned(),
        }
    }

    /// A value to store in a question, put in the form of its type: a number of days becomes a date.
    pub(super) fn compute_value(&self, expr: &Expr, node: NodeId) -> String {
        let text = self.compute_text(expr, node);
        let kind = self.kind_of(node);
        if !matches!(
            kind,
            Some(QuestionKind::Date | QuestionKind::DateTime | QuestionKind::Integer)
        ) {
            return text;
        }
        match (kind, decimal::read(&text)) {
            (Some(QuestionKind::Integer), Some(number)) => number_to_text(number.trunc()),
            (Some(QuestionKind::Date), Some(days)) => {
                date_of_number(days, self.surroundings.utc_offset_minutes)
                    .map(|civil| civil_text(&civil))
                    .unwrap_or_default()
            }
            (Some(QuestionKind::DateTime), Some(days)) => {
                stamp_of_number(days, self.surroundings.utc_offset_minutes)
            }
            _ => text,
        }
    }

    pub(super) fn condition(&self, condition: &Condition, node: NodeId) -> bool {
        match condition {
            Condition::Never => false,
            Condition::Always => true,
            Condition::When(expr) => self.holds(expr, node, false),
        }
    }

    pub(super) fn is_read_only(&self, node: NodeId) -> bool {
        let element = self.form.element(self.element_of(node));
        element.is_some_and(|element| self.condition(&element.read_only, node))
    }

    /// A text for people with its values filled in, fractions as the language writes them.
    fn fill(&self, template: &Template, language: Tongue, node: NodeId) -> String {
        let mut out = String::new();
        for piece in &template.pieces {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Value(expr) => {
                    let value = self.compute_text(expr, node);
                    let comma = language.code() == "id" && self.is_fraction(expr, &value);
                    out.push_str(&if comma {
                        value.replace('.', ",")
                    } else {
                        value
                    });
                }
            }
        }
        out
    }

    /// Whether a value is a number with a fraction, and its question one of numbers: a text may look like one.
    fn is_fraction(&self, expr: &Expr, value: &str) -> bool {
        let Expr::Reference(reference) = expr else {
            return false;
        };
        let element = self.form.element(reference.slot);
        matches!(
            element.and_then(|element| element.question_kind()),
            Some(QuestionKind::Decimal | QuestionKind::Range | QuestionKind::Calculate)
        ) && value.contains('.')
            && value
                .parse()
                .is_ok_and(|number| number_to_text(number) == value)
    }

    /// The same in a language, if there is such a text.
    pub(super) fn text(&self, texts: &Texts, language: Tongue, node: NodeId) -> Option<String> {
        texts
            .get(language.index)
            .map(|template| self.fill(template, language, node))
    }

    /// The nearest node around `from` (or itself) that is an instance of a repeat around `element`.
    fn shared_instance(&self, element: ElementId, from: NodeId) -> NodeId {
        let Some(target) = self.form.element(element) else {
            return DOCUMENT;
        };
        let mut at = Some(from);
        while let Some(node) = at {
            if self.document.slot_of(node).is_some()
                && target.repeats.contains(&self.element_of(node))
            {
                return node;
            }
            at = self.document.parent(node);
        }
        DOCUMENT
    }

    fn hash(&self, seed: &str, node: NodeId, salt: u64) -> u64 {
        // FNV-1a, then a finish that spreads it over all bits.
        let bytes = seed
            .bytes()
            .chain([0])
            .chain(self.document.path(node).bytes());
        let mut hash = bytes.fold(0xcbf2_9ce4_8422_2325 ^ salt, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        hash = (hash ^ hash >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        hash = (hash ^ hash >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        hash ^ hash >> 31
    }
}

impl Tree for World {
    fn root(&self, node: NodeId) -> NodeId {
        if node >= SECONDARY {
            self.secondary.root(node)
        } else {
            DOCUMENT
        }
    }

    fn parent(&self, node: NodeId) -> Option<NodeId> {
        if node >= SECONDARY {
            self.secondary.parent(node)
        } else {
            self.document.parent(node)
        }
    }

    fn children(&self, node: NodeId) -> &[NodeId] {
        if node >= SECONDARY {
            self.secondary.children(node)
        } else {
            self.document.children(node)
        }
    }

    fn kind(&self, node: NodeId) -> NodeKind {
        let document = if node >= SECONDARY {
            self.secondary.parent(node).is_none()
        } else {
            node == DOCUMENT
        };
        if document {
            NodeKind::Document
        } else {
            NodeKind::Element
        }
    }

    fn name(&self, node: NodeId) -> &str {
        if node >= SECONDARY {
            self.secondary.name(node)
        } else {
            self.form
                .element(self.document.element(node))
                .map_or("", |element| &element.name)
        }
    }

    /// Groups and repeats have no text of their own here, so that nothing depends on all that is inside them.
    fn text(&self, node: NodeId) -> Cow<'_, str> {
        Cow::Borrowed(if node >= SECONDARY {
            self.secondary.text(node)
        } else {
            self.document.value(node)
        })
    }

    fn is_visible(&self, node: NodeId) -> bool {
        node >= SECONDARY || self.document.is_relevant(node)
    }
}

impl Host for World {
    fn reference(&self, slot: usize, from: NodeId) -> NodeSet {
        let nodes = self.document.nodes(slot);
        if let [only] = nodes
            && self
                .form
                .element(slot)
                .is_some_and(|element| element.repeats.is_empty())
        {
            return if self.document.is_relevant(*only) {
                NodeSet::One(*only)
            } else {
                NodeSet::Empty
            };
        }
        let around = self.shared_instance(slot, from);
        let inside = self.document.nodes_inside(slot, around);
        NodeSet::from_nodes(
            inside
                .iter()
                .copied()
                .filter(|node| self.document.is_relevant(*node))
                .collect(),
        )
    }

    fn reference_all(&self, slot: usize) -> NodeSet {
        NodeSet::from_nodes(self.document.nodes(slot).to_vec())
    }

    fn last_saved(&self, name: &str) -> Option<&str> {
        let saved = &self.surroundings.last_saved;
        if let Some(answer) = saved.get(name) {
            return Some(answer);
        }
        // Of a question in a repeat, the first instance that has an answer.
        let inside = |path: &&String| path.rsplit_once('/').is_some_and(|(_, last)| last == name);
        let first = saved.keys().find(inside)?;
        saved.get(first).map(String::as_str)
    }

    fn itext(&self, id: &str, from: NodeId) -> Option<String> {
        // As converters of XLSForms name them: `/form/group/question:label`.
        let (path, what) = id.rsplit_once(':')?;
        let name = path.rsplit('/').next()?;
        let element = self.form.question(name)?;
        let texts = match what {
            "label" => &element.label,
            "hint" => &element.hint,
            "guidance_hint" => &element.guidance,
            "jr:constraintMsg" => &element.constraint_message,
            "jr:requiredMsg" => &element.required_message,
            _ => return None,
        };
        self.text(texts, self.form.default_tongue(), from)
    }

    fn instance(&self, name: &str) -> Option<NodeId> {
        self.secondary.find(name)
    }

    fn choice_label(&self, slot: usize, value: &str, from: NodeId) -> Option<String> {
        match &self.form.element(slot)?.choices {
            Choices::List(list) => {
                let choice = self
                    .form
                    .list(list)?
                    .choices
                    .iter()
                    .find(|choice| choice.name == value)?;
                self.text(&choice.label, self.form.default_tongue(), from)
            }
            Choices::Table {
                table,
                value: key,
                label,
            } => self.pulldata(table, label, key, value).map(String::from),
            Choices::None => None,
        }
    }

    fn pulldata(&self, table: &str, column: &str, key_column: &str, key: &str) -> Option<&str> {
        let rows = self
            .surroundings
            .tables
            .get(table.strip_suffix(".csv").unwrap_or(table))?;
        let row = rows
            .iter()
            .find(|row| row.get(key_column).is_some_and(|cell| cell == key))?;
        row.get(column).map(String::as_str)
    }

    fn now(&self) -> i64 {
        self.surroundings.now
    }

    fn utc_offset_minutes(&self) -> i32 {
        self.surroundings.utc_offset_minutes
    }

    fn random(&self, node: NodeId) -> f64 {
        (self.hash("random", node, self.surroundings.random_seed) >> 11) as f64
            / (1u64 << 53) as f64
    }

    /// Looks like a random (version 4) UUID, and is the same for the same question of the same visit on every device.
    fn uuid(&self, node: NodeId, part: u32) -> String {
        let salt = u64::from(part) * 2;
        let (a, b) = (
            self.hash(&self.surroundings.instance_id, node, salt + 1),
            self.hash(&self.surroundings.instance_id, node, salt + 2),
        );
        let (group, variant) = (a & 0xfff, b >> 48 & 0x3fff | 0x8000);
        format!(
            "{:08x}-{:04x}-4{group:03x}-{variant:04x}-{:012x}",
            a >> 32,
            a >> 16 & 0xffff,
            b & 0xffff_ffff_ffff
        )
    }

    fn property(&self, name: &str) -> Option<&str> {
        match name.to_ascii_lowercase().as_str() {
            "username" => Some(&self.surroundings.username),
            "userid" => Some(&self.surroundings.user_id),
            "deviceid" => Some(&self.surroundings.device_id),
            "instanceid" => Some(&self.surroundings.instance_id),
            _ => None,
        }
    }

    fn version(&self) -> &str {
        self.form.version()
    }

    fn language(&self) -> &str {
        self.form.code(self.form.default_language)
    }
}

impl World {
    /// Whether an element is a repeat.
    pub(super) fn is_repeat(&self, element: ElementId) -> bool {
        self.form
            .element(element)
            .is_some_and(|element| element.kind == ElementKind::Repeat)
    }
}
