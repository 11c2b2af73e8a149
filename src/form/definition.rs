//! A compiled form: immutable, shared by every session over it.

use std::collections::BTreeMap;

use super::errors::FormError;
use super::expr::Expr;
use super::kind::QuestionKind;
use super::score::Role;
use super::suggest::Suggestion;
use super::template::Texts;

/// The index of an element in [`Form::elements`]; 0 is the form itself.
pub type ElementId = usize;

/// A compiled form.
#[derive(Debug)]
pub struct Form {
    pub(super) id: String,
    pub(super) version: String,
    pub(super) title: Texts,
    pub(super) languages: Vec<String>,
    pub(super) default_language: usize,
    pub(super) elements: Vec<Element>,
    pub(super) names: BTreeMap<String, ElementId>,
    pub(super) lists: BTreeMap<String, List>,
    pub(super) tables: BTreeMap<String, Vec<BTreeMap<String, String>>>,
    pub(super) pages: Vec<Page>,
    pub(super) warnings: Vec<FormError>,
    pub(super) settings: BTreeMap<String, String>,
    pub(super) graph: super::graph::Graph,
    /// The index of the page each element is shown on.
    pub(super) page_index: Vec<Option<usize>>,
    /// Whether some expression looks into lists or tables by `instance()`.
    pub(super) uses_instances: bool,
    /// Follow-ups that the form suggests by itself.
    pub(super) suggestions: Vec<Suggestion>,
}

/// A group, a repeat or a question.
#[derive(Debug, Clone)]
pub struct Element {
    /// Unique in the form.
    pub name: String,
    /// What it is.
    pub kind: ElementKind,
    /// The element it stands in; the form itself stands in itself.
    pub parent: ElementId,
    /// What stands in it, in order.
    pub children: Vec<ElementId>,
    /// The repeats around it, from the outside in; not itself.
    pub repeats: Vec<ElementId>,
    /// The row of the survey sheet.
    pub row: u32,
    /// What is asked.
    pub label: Texts,
    /// A hint below the question.
    pub hint: Texts,
    /// A longer hint on demand.
    pub guidance: Texts,
    /// When it applies; `None` always.
    pub relevant: Option<Expr>,
    /// What its value is computed from.
    pub calculation: Option<Expr>,
    /// The questions whose change makes the calculation run; `None` when every change of its inputs does.
    pub trigger: Vec<ElementId>,
    /// What must hold for an answer.
    pub constraint: Option<Expr>,
    /// Said when it does not.
    pub constraint_message: Texts,
    /// When an answer must be given.
    pub required: Condition,
    /// Said when it is not.
    pub required_message: Texts,
    /// When the answer cannot be changed.
    pub read_only: Condition,
    /// The first value.
    pub initial: Option<Initial>,
    /// Where choices come from.
    pub choices: Choices,
    /// Which choices are offered.
    pub choice_filter: Option<Expr>,
    /// Whether the choices are offered in another order than the sheet's.
    pub shuffle: Option<Shuffle>,
    /// The words of the appearance column.
    pub appearance: Vec<String>,
    /// The parameters column.
    pub parameters: BTreeMap<String, String>,
    /// How many instances a repeat has, when that is computed.
    pub repeat_count: Option<Expr>,
    /// How many instances a repeat needs at least (column `repeat_min`).
    pub repeat_min: Option<Expr>,
    /// How many instances a repeat may have (column `repeat_max`).
    pub repeat_max: Option<Expr>,
    /// The weight in a score (column `weight`).
    pub weight: Option<Expr>,
    /// The fraction of the weight reached, 0 to 1, empty when not applicable (column `points`).
    pub points: Option<Expr>,
    /// When the question counts in its score, if that is not when it is relevant (column `scored`).
    pub scored: Option<Expr>,
    /// The most a group's score can reach, empty for no limit (column `score_cap`).
    pub score_cap: Option<Expr>,
    /// When what a group's score hangs on exists and was not shown (column `score_withheld`).
    pub score_withheld: Option<Expr>,
    /// What the answer means to the program (column `role`).
    pub role: Option<Role>,
    /// Columns this engine does not know, as they stand.
    pub extra: BTreeMap<String, String>,
}

/// What an element is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum ElementKind {
    Group,
    Repeat,
    Question(QuestionKind),
}

/// A yes, a no, or an expression that says.
#[derive(Debug, Clone, PartialEq, Default)]
#[allow(missing_docs)]
pub enum Condition {
    #[default]
    Never,
    Always,
    When(Expr),
}

/// A first value.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum Initial {
    Value(String),
    Computed(Expr),
}

/// Where the choices of a select come from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub enum Choices {
    #[default]
    None,
    /// A list of the choices sheet.
    List(String),
    /// A table given from outside, by its name without `.csv`.
    Table {
        table: String,
        value: String,
        label: String,
    },
}

/// In which order choices are offered (parameters `randomize` and `seed`).
#[derive(Debug, Clone, PartialEq)]
pub enum Shuffle {
    /// In another one for each visit, and always the same in one visit.
    ByVisit,
    /// In the one that belongs to this number.
    Seeded(Expr),
}

/// A list of the choices sheet.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct List {
    /// In order.
    pub choices: Vec<Choice>,
}

/// A choice of a list.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Choice {
    /// What is stored.
    pub name: String,
    /// What is shown.
    pub label: Texts,
    /// The other columns, for choice filters.
    pub columns: BTreeMap<String, String>,
}

/// What is shown at once: a group that directly holds questions or repeats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The group's name; the form's id for questions that stand in no group.
    pub name: String,
    /// The name of the group at the top that it belongs to.
    pub section: String,
    pub(super) element: ElementId,
    pub(super) section_element: ElementId,
    /// What stands on it: questions and repeats, in order.
    pub(super) contents: Vec<ElementId>,
}

impl Form {
    /// `form_id` of the settings.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// `version` of the settings.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The title in a language; the id when there is none.
    pub fn title(&self, language: &str) -> String {
        self.title
            .get(self.language(language))
            .map_or_else(|| self.id.clone(), |text| text.source())
    }

    /// The languages as the columns name them, `Bahasa Indonesia (id)`; one empty name when there are none.
    pub fn languages(&self) -> &[String] {
        &self.languages
    }

    /// The language used when no other is asked for.
    pub fn default_language(&self) -> &str {
        self.languages
            .get(self.default_language)
            .map_or("", String::as_str)
    }

    /// The pages in order.
    pub fn pages(&self) -> &[Page] {
        &self.pages
    }

    /// A page by name.
    pub fn page(&self, name: &str) -> Option<&Page> {
        self.pages.iter().find(|page| page.name == name)
    }

    /// The title of a page: its group's label, without values filled in.
    pub fn page_title(&self, page: &Page, language: &str) -> String {
        self.element_title(page.element, language)
    }

    /// The title of the section a page belongs to.
    pub fn section_title(&self, page: &Page, language: &str) -> String {
        self.element_title(page.section_element, language)
    }

    fn element_title(&self, element: ElementId, language: &str) -> String {
        match self.elements.get(element) {
            Some(found) if element != 0 => found
                .label
                .get(self.language(language))
                .map_or_else(|| found.name.clone(), |text| text.source()),
            _ => self.title(language),
        }
    }

    /// A question, group or repeat by name.
    pub fn question(&self, name: &str) -> Option<&Element> {
        self.names.get(name).and_then(|id| self.elements.get(*id))
    }

    /// The question whose answer has a meaning to the program.
    pub fn with_role(&self, role: Role) -> Option<&Element> {
        self.elements
            .iter()
            .find(|element| element.role == Some(role))
    }

    /// Everything in document order; the first is the form itself.
    pub fn elements(&self) -> &[Element] {
        &self.elements
    }

    /// An element by its index.
    pub fn element(&self, id: ElementId) -> Option<&Element> {
        self.elements.get(id)
    }

    /// A list of choices by name.
    pub fn list(&self, name: &str) -> Option<&List> {
        self.lists.get(name)
    }

    /// The tables that come with the form, by name without `.csv`: rows of columns.
    pub fn tables(&self) -> &BTreeMap<String, Vec<BTreeMap<String, String>>> {
        &self.tables
    }

    /// What the app cannot do with this form, or what looks like a slip.
    pub fn warnings(&self) -> &[FormError] {
        &self.warnings
    }

    /// Settings this engine does not use, as they stand.
    pub fn settings(&self) -> &BTreeMap<String, String> {
        &self.settings
    }

    /// The index of a language given as its name, `English (en)`, or its code, `en`; the default when unknown.
    pub fn language(&self, wanted: &str) -> usize {
        let exact = self.languages.iter().position(|name| name == wanted);
        exact
            .or_else(|| {
                self.languages
                    .iter()
                    .position(|name| language_code(name) == Some(wanted))
            })
            .unwrap_or(self.default_language)
    }

    /// The code of a language, `id` or `en`; `id` when it has none.
    pub(super) fn code(&self, language: usize) -> &str {
        self.languages
            .get(language)
            .and_then(|name| language_code(name))
            .unwrap_or("id")
    }
}

/// A language of a form, and whether the engine's own words are English in it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tongue {
    pub(super) index: usize,
    english: bool,
}

impl Tongue {
    /// The code of the engine's own words: `en` or `id`.
    pub(super) fn code(self) -> &'static str {
        if self.english { "en" } else { "id" }
    }
}

impl Form {
    /// A language by name or code. A form without named languages has one, and the engine's words follow the wish.
    pub(super) fn tongue(&self, wanted: &str) -> Tongue {
        let index = self.language(wanted);
        let named = self
            .languages
            .get(index)
            .is_some_and(|name| !name.is_empty());
        let english = if named {
            self.code(index) == "en"
        } else {
            wanted == "en" || wanted.ends_with("(en)")
        };
        Tongue { index, english }
    }

    /// The form's default language.
    pub(super) fn default_tongue(&self) -> Tongue {
        Tongue {
            index: self.default_language,
            english: self.code(self.default_language) == "en",
        }
    }
}

/// `en` of `English (en)`.
fn language_code(name: &str) -> Option<&str> {
    name.rsplit_once('(')
        .and_then(|(_, rest)| rest.trim_end().strip_suffix(')'))
        .map(str::trim)
}

impl Element {
    pub(super) fn new(name: &str, kind: ElementKind, parent: ElementId, row: u32) -> Element {
        Element {
            name: String::from(name),
            kind,
            parent,
            children: Vec::new(),
            repeats: Vec::new(),
            row,
            label: Texts::default(),
            hint: Texts::default(),
            guidance: Texts::default(),
            relevant: None,
            calculation: None,
            trigger: Vec::new(),
            constraint: None,
            constraint_message: Texts::default(),
            required: Condition::Never,
            required_message: Texts::default(),
            read_only: Condition::Never,
            initial: None,
            choices: Choices::None,
            choice_filter: None,
            shuffle: None,
            appearance: Vec::new(),
            parameters: BTreeMap::new(),
            repeat_count: None,
            repeat_min: None,
            repeat_max: None,
            weight: None,
            points: None,
            scored: None,
            score_cap: None,
            score_withheld: None,
            role: None,
            extra: BTreeMap::new(),
        }
    }

    /// The kind of a question, `None` for groups and repeats.
    pub fn question_kind(&self) -> Option<QuestionKind> {
        match self.kind {
            ElementKind::Question(kind) => Some(kind),
            _ => None,
        }
    }

    /// Whether the form computes the value at every change of what it depends on.
    pub fn is_computed(&self) -> bool {
        self.calculation.is_some() && self.trigger.is_empty()
    }

    /// Every expression a value or the relevance of this element hangs on.
    pub(super) fn deciding(&self) -> impl Iterator<Item = &Expr> {
        let calculation = if self.is_computed() {
            self.calculation.as_ref()
        } else {
            None
        };
        self.relevant
            .iter()
            .chain(calculation)
            .chain(self.repeat_count.iter())
    }
}
