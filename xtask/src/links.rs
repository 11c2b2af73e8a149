//! What the linker knows and a finished wasm does not say: whose address stands where. Linked with `--emit-relocs`, a wasm
//! tells every place in its code and its data that holds the address of a function or of a piece of data. So it can be
//! followed exactly what a function may get to, whatever the functions are called.

// Every index was read out of the same wasm; a wrong one stops the build.
#![allow(clippy::indexing_slicing)]

use std::collections::BTreeMap;
use std::ops::Range;

use anyhow::{Result, bail, ensure};
use wasm_encoder::{IndirectNameMap, Module, NameMap, NameSection, RawSection};
use wasmparser::{
    DataKind, KnownCustom, Linking, Name, Operator, Parser, Payload, RelocationEntry,
    RelocationType as Kind, SymbolInfo, TypeRef,
};

/// Between a function's name and its number, see [`Links::tag`].
const TAG: &str = ".#";

/// Something with an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Thing {
    /// A function, by its number in the linked wasm.
    Function(u32),
    /// A piece of data, by its place in [`Links::data`].
    Data(usize),
}

/// Whose addresses stand where.
#[derive(Debug, Default)]
pub(crate) struct Links {
    /// What each thing holds the address of.
    pub(crate) held: BTreeMap<Thing, Vec<Thing>>,
    /// What is held by no piece of data that the linker has a name for.
    pub(crate) loose: Vec<Thing>,
    /// The addresses that each piece of data has.
    pub(crate) data: Vec<Range<u32>>,
    /// The functions in the function table, by their places.
    pub(crate) slots: BTreeMap<u32, u32>,
}

/// The parts of a wasm that its relocations speak of.
#[derive(Default)]
struct Parts {
    /// The number and the beginning of the sections.
    code: Option<(u32, usize)>,
    data: Option<(u32, usize)>,
    /// Where in the file each function stands, and its number.
    bodies: Vec<(Range<usize>, u32)>,
    /// Where in the file each segment stands, and its address.
    segments: Vec<(Range<usize>, u32)>,
    symbols: Vec<Option<Thing>>,
    relocations: Vec<(u32, Vec<RelocationEntry>)>,
}

impl Links {
    /// Reads them.
    ///
    /// # Errors
    /// When the wasm was linked without them, or has some of a kind that is not known here.
    pub(crate) fn of(wasm: &[u8]) -> Result<Self> {
        let mut links = Self::default();
        let mut parts = Parts::default();
        let (mut section, mut function) = (0, 0);
        for payload in Parser::new(0).parse_all(wasm) {
            let payload = payload?;
            let counts = payload.as_section().is_some();
            match payload {
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        function += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                    }
                }
                Payload::ElementSection(elements) => links.slots = slots(elements)?,
                Payload::CodeSectionStart { range, .. } => {
                    parts.code = Some((section, range.start));
                }
                Payload::CodeSectionEntry(body) => {
                    parts.bodies.push((body.range(), function));
                    function += 1;
                }
                Payload::DataSection(data) => {
                    parts.data = Some((section, data.range().start));
                    for segment in data {
                        let segment = segment?;
                        // The bytes are the last of a segment.
                        let end = segment.range.end;
                        let start = end - segment.data.len();
                        parts.segments.push((start..end, address(&segment.kind)?));
                    }
                }
                Payload::CustomSection(custom) => match custom.as_known() {
                    KnownCustom::Linking(linking) => {
                        for part in linking.subsections() {
                            if let Linking::SymbolTable(symbols) = part? {
                                for symbol in symbols {
                                    let thing = links.symbol(&symbol?, &parts)?;
                                    parts.symbols.push(thing);
                                }
                            }
                        }
                    }
                    KnownCustom::Reloc(relocations) => parts.relocations.push((
                        relocations.section_index(),
                        relocations
                            .entries()
                            .into_iter()
                            .collect::<Result<_, _>>()?,
                    )),
                    _ => {}
                },
                _ => {}
            }
            section += u32::from(counts);
        }
        ensure!(
            !parts.relocations.is_empty(),
            "the wasm was linked without --emit-relocs"
        );
        links.resolve(wasm, &parts)?;
        Ok(links)
    }

    /// What a thing holds the address of.
    pub(crate) fn held_by(&self, thing: Thing) -> &[Thing] {
        self.held.get(&thing).map_or(&[], Vec::as_slice)
    }

    fn symbol(&mut self, symbol: &SymbolInfo<'_>, parts: &Parts) -> Result<Option<Thing>> {
        Ok(match symbol {
            SymbolInfo::Func { index, .. } => Some(Thing::Function(*index)),
            SymbolInfo::Data {
                symbol: Some(place),
                ..
            } => {
                let start = parts.segments[place.index as usize].1 + place.offset;
                self.data.push(start..start + place.size);
                Some(Thing::Data(self.data.len() - 1))
            }
            SymbolInfo::Data { name, .. } => bail!("nobody has the data {name}"),
            _ => None,
        })
    }

    /// Makes sure that this is where that address stands.
    fn check(&self, entry: &RelocationEntry, thing: Thing, bytes: &[u8]) -> Result<()> {
        let value = match entry.ty {
            Kind::TableIndexI32 | Kind::MemoryAddrI32 => {
                u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
            }
            _ => padded(bytes),
        };
        let right = match thing {
            Thing::Function(function) => self.slots.get(&value) == Some(&function),
            Thing::Data(at) => i64::from(value) == i64::from(self.data[at].start) + entry.addend,
        };
        ensure!(
            right,
            "where the address of {thing:?} should stand, stands {value}"
        );
        Ok(())
    }

    fn resolve(&mut self, wasm: &[u8], parts: &Parts) -> Result<()> {
        let mut held_in_data = BTreeMap::new();
        for (section, entries) in &parts.relocations {
            for entry in entries {
                let Some(thing) = meant(entry, parts)? else {
                    continue;
                };
                if let Some((code, start)) = parts.code
                    && code == *section
                {
                    let at = start + entry.offset as usize;
                    self.check(entry, thing, &wasm[at..])?;
                    let next = parts.bodies.partition_point(|(body, _)| body.start <= at);
                    match next.checked_sub(1).map(|before| &parts.bodies[before]) {
                        Some((body, function)) if body.contains(&at) => self
                            .held
                            .entry(Thing::Function(*function))
                            .or_default()
                            .push(thing),
                        _ => bail!("an address stands outside of all functions"),
                    }
                } else if let Some((data, start)) = parts.data
                    && data == *section
                {
                    let at = start + entry.offset as usize;
                    self.check(entry, thing, &wasm[at..])?;
                    let segment = parts.segments.iter().find(|(range, _)| range.contains(&at));
                    let Some((range, address)) = segment else {
                        bail!("an address stands outside of all data");
                    };
                    held_in_data.insert(address + (at - range.start) as u32, thing);
                }
            }
        }
        // Pieces of data may lie in each other: the end of one text is another text.
        let mut loose = held_in_data.clone();
        for (at, range) in self.data.iter().enumerate() {
            for (address, thing) in held_in_data.range(range.clone()) {
                self.held.entry(Thing::Data(at)).or_default().push(*thing);
                loose.remove(address);
            }
        }
        self.loose = loose.into_values().collect();
        // One without a size says only where another is.
        for (at, range) in self.data.iter().enumerate() {
            if range.is_empty() {
                let others = self.data.iter().enumerate();
                let around = others.filter(|(_, other)| other.contains(&range.start));
                let around: Vec<Thing> = around.map(|(other, _)| Thing::Data(other)).collect();
                self.held.entry(Thing::Data(at)).or_default().extend(around);
            }
        }
        Ok(())
    }
}

/// A number of five bytes in LEB128, as the linker writes them all.
fn padded(bytes: &[u8]) -> u32 {
    let parts = (0..5).map(|at| u64::from(bytes[at] & 0x7f) << (7 * at));
    parts.sum::<u64>() as u32
}

/// Whose address a relocation is for. A call is none: those can be read in the code.
fn meant(entry: &RelocationEntry, parts: &Parts) -> Result<Option<Thing>> {
    match entry.ty {
        Kind::TableIndexSleb
        | Kind::TableIndexI32
        | Kind::MemoryAddrLeb
        | Kind::MemoryAddrSleb
        | Kind::MemoryAddrI32 => match parts.symbols.get(entry.index as usize) {
            Some(Some(thing)) => Ok(Some(*thing)),
            _ => bail!("an address is of nothing that has one"),
        },
        Kind::FunctionIndexLeb
        | Kind::TypeIndexLeb
        | Kind::GlobalIndexLeb
        | Kind::TableNumberLeb
        // In custom sections.
        | Kind::FunctionOffsetI32
        | Kind::SectionOffsetI32
        | Kind::FunctionIndexI32
        | Kind::GlobalIndexI32 => Ok(None),
        other => bail!("a relocation of a kind that is not known here: {other:?}"),
    }
}

/// The functions in the function table, by their places.
pub(crate) fn slots(elements: wasmparser::ElementSectionReader<'_>) -> Result<BTreeMap<u32, u32>> {
    let mut slots = BTreeMap::new();
    for element in elements {
        let element = element?;
        let (
            wasmparser::ElementKind::Active { offset_expr, .. },
            wasmparser::ElementItems::Functions(functions),
        ) = (element.kind, element.items)
        else {
            bail!("a table is not made of functions");
        };
        let start = constant(&offset_expr)?;
        for (slot, function) in (start..).zip(functions) {
            slots.insert(slot, function?);
        }
    }
    Ok(slots)
}

/// Where a segment of data begins.
pub(crate) fn address(kind: &DataKind<'_>) -> Result<u32> {
    match kind {
        DataKind::Active { offset_expr, .. } => constant(offset_expr),
        DataKind::Passive => bail!("data without an address"),
    }
}

fn constant(expression: &wasmparser::ConstExpr<'_>) -> Result<u32> {
    match expression.get_operators_reader().read()? {
        Operator::I32Const { value } => Ok(value.cast_unsigned()),
        _ => bail!("a place is no constant"),
    }
}

/// The linked wasm as wasm-bindgen gets it: every function has its number in its name, so that it is known again
/// afterwards, and what only [`Links`] needs is gone.
///
/// # Errors
/// When the wasm is none, or has no names.
pub(crate) fn tag(wasm: &[u8]) -> Result<Vec<u8>> {
    let mut module = Module::new();
    let mut functions = NameMap::new();
    let mut globals = NameMap::new();
    let mut named = false;
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload?;
        if let Payload::CustomSection(custom) = &payload {
            match custom.as_known() {
                KnownCustom::Name(names) => {
                    for name in names {
                        match name? {
                            Name::Function(names) => {
                                for name in names {
                                    let name = name?;
                                    let tagged = format!("{}{TAG}{}", name.name, name.index);
                                    functions.append(name.index, &tagged);
                                    named = true;
                                }
                            }
                            Name::Global(names) => {
                                for name in names {
                                    let name = name?;
                                    globals.append(name.index, name.name);
                                }
                            }
                            _ => {}
                        }
                    }
                    continue;
                }
                KnownCustom::Linking(_) | KnownCustom::Reloc(_) => continue,
                _ => {}
            }
        }
        if let Some((id, range)) = payload.as_section() {
            module.section(&RawSection {
                id,
                data: &wasm[range],
            });
        }
    }
    ensure!(named, "the wasm has no names");
    let mut names = NameSection::new();
    names.functions(&functions);
    names.locals(&IndirectNameMap::new());
    names.globals(&globals);
    module.section(&names);
    Ok(module.finish())
}

/// A function's name without its number in the linked wasm, and that number, if it has one: what wasm-bindgen made has none.
pub(crate) fn untag(name: &str) -> (&str, Option<u32>) {
    match name.rsplit_once(TAG) {
        Some((plain, number)) => match number.parse() {
            Ok(number) => (plain, Some(number)),
            Err(_) => (name, None),
        },
        None => (name, None),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use wasm_encoder::{
        CodeSection, ConstExpr, CustomSection, DataSection, DataSymbolDefinition, ElementSection,
        Elements, Function, FunctionSection, LinkingSection, MemorySection, MemoryType, RefType,
        SymbolTable, TableSection, TableType, TypeSection,
    };

    /// Where the first function has an address, counted from the beginning of the section.
    const IN_CODE: u8 = 4;
    /// Where the first piece of data has one.
    const IN_DATA: u8 = 6;

    /// A function with the address of a piece of data, 16; in that the address of another function, 1; the rest of that data is
    /// the second piece.
    fn linked(relocations: &[(&str, [u8; 6])]) -> Vec<u8> {
        let mut types = TypeSection::new();
        types.ty().function([], []);
        let mut functions = FunctionSection::new();
        functions.function(0).function(0);
        let mut tables = TableSection::new();
        tables.table(TableType {
            element_type: RefType::FUNCREF,
            minimum: 2,
            maximum: None,
            table64: false,
            shared: false,
        });
        let mut memories = MemorySection::new();
        memories.memory(MemoryType {
            minimum: 1,
            maximum: None,
            memory64: false,
            shared: false,
            page_size_log2: None,
        });
        let mut elements = ElementSection::new();
        let place = ConstExpr::i32_const(1);
        elements.active(None, &place, Elements::Functions((&[1][..]).into()));
        let mut code = CodeSection::new();
        let mut holds = Function::new([]);
        holds.raw([0x41, 0x90, 0x80, 0x80, 0x80, 0, 0x1a, 0x0b]);
        let mut other = Function::new([]);
        other.instructions().end();
        code.function(&holds).function(&other);
        let mut data = DataSection::new();
        data.active(0, &ConstExpr::i32_const(16), [1, 0, 0, 0, 7]);
        let mut symbols = SymbolTable::new();
        let piece = |offset, size| DataSymbolDefinition {
            index: 0,
            offset,
            size,
        };
        symbols
            .function(0, 1, Some("other"))
            .data(0, "all", Some(piece(0, 5)))
            .data(0, "its_end", Some(piece(4, 1)))
            .data(0, "a_place", Some(piece(0, 0)));
        let mut linking = LinkingSection::new();
        linking.symbol_table(&symbols);
        let mut module = Module::new();
        module
            .section(&types)
            .section(&functions)
            .section(&tables)
            .section(&memories)
            .section(&elements)
            .section(&code)
            .section(&data)
            .section(&linking);
        for (name, bytes) in relocations {
            let (section, entry) = bytes.split_first().unwrap();
            let length = if entry[0] == Kind::TableIndexI32 as u8 {
                3
            } else {
                4
            };
            let mut text = vec![*section, 1];
            text.extend(&entry[..length]);
            module.section(&CustomSection {
                name: (*name).into(),
                data: text.into(),
            });
        }
        module.finish()
    }

    fn in_code(symbol: u8) -> (&'static str, [u8; 6]) {
        let kind = Kind::MemoryAddrSleb as u8;
        ("reloc.CODE", [5, kind, IN_CODE, symbol, 0, 0])
    }

    fn in_data(at: u8) -> (&'static str, [u8; 6]) {
        ("reloc.DATA", [6, Kind::TableIndexI32 as u8, at, 0, 0, 0])
    }

    #[test]
    fn addresses_are_found_in_code_and_in_data() {
        let links = Links::of(&linked(&[in_code(1), in_data(IN_DATA)])).unwrap();
        assert_eq!(links.held_by(Thing::Function(0)), [Thing::Data(0)]);
        assert_eq!(links.held_by(Thing::Data(0)), [Thing::Function(1)]);
        assert!(links.held_by(Thing::Data(1)).is_empty());
        assert!(links.loose.is_empty());
        assert_eq!(links.data, [16..21, 20..21, 16..16]);
        assert_eq!(links.slots, BTreeMap::from([(1, 1)]));
    }

    #[test]
    fn data_without_a_size_holds_what_is_at_its_place() {
        let links = Links::of(&linked(&[in_code(3)])).unwrap();
        assert_eq!(links.held_by(Thing::Function(0)), [Thing::Data(2)]);
        assert_eq!(links.held_by(Thing::Data(2)), [Thing::Data(0)]);
    }

    #[test]
    fn an_address_that_is_not_where_it_should_be_stops_the_build() {
        assert!(Links::of(&linked(&[in_code(2)])).is_err());
        assert!(Links::of(&linked(&[in_data(IN_DATA + 1)])).is_err());
    }

    #[test]
    fn a_wasm_without_relocations_is_refused() {
        assert!(Links::of(&linked(&[])).is_err());
    }

    #[test]
    fn a_tagged_name_gives_its_number_back() {
        assert_eq!(untag("a::b.#12"), ("a::b", Some(12)));
        assert_eq!(
            untag("a::b.#12 catch wrapper"),
            ("a::b.#12 catch wrapper", None)
        );
        assert_eq!(untag("a::b"), ("a::b", None));
    }
}
