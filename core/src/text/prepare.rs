//! Preprocessing of a text before it is tokenized: tags, Unicode normalization, accents, case, spaces.

use crate::foundation::interrupts::check;
use crate::foundation::limits::{below_32_bits, TEXT_BYTES};
use crate::text::characters::is_space;
use crate::text::lowercase::push_lowercase;
use crate::text::pieces::{any_pieces, pieces, Steps, PIECE};
use crate::text::replace::Replace;
use memchr::memchr;
use std::iter::once;
use unicode_normalization::char::canonical_combining_class;
use unicode_normalization::{is_nfc, is_nfc_quick, is_nfkc, IsNormalized, UnicodeNormalization};
use unicode_segmentation::UnicodeSegmentation;

/// A normalization form of Unicode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Nfc,
    Nfkc,
}

/// The steps, in the order in which they are applied.
#[derive(Clone, Debug, Default)]
pub struct Prepare {
    /// Replace every HTML tag by a space.
    pub html: bool,
    pub form: Option<Form>,
    /// Remove accents from Latin, Greek, Cyrillic, Hebrew and Arabic letters. Marks that are part of a letter stay.
    pub accents: bool,
    pub lowercase: bool,
    /// Replace runs of white space by one space.
    pub squeeze: bool,
    pub replace: Option<Replace>,
}

/// Buffers that are reused for all texts.
#[derive(Default)]
pub struct Buffers([String; 6]);

impl Prepare {
    /// Return the preprocessed text.
    pub fn apply<'a>(&self, text: &'a str, buffers: &'a mut Buffers) -> &'a str {
        let mut text = text;
        let [tags, form, accents, lower, spaces, replaced] = &mut buffers.0;
        if self.html && memchr(b'<', text.as_bytes()).is_some() {
            tags.clear();
            drop_tags(text, |piece, _| tags.push_str(piece));
            text = tags;
        }
        if let Some(wanted) = self.form {
            if !is_normal(text, wanted) {
                form.clear();
                normalize(text, wanted, form);
                text = form;
            }
        }
        if self.accents && !text.is_ascii() {
            accents.clear();
            strip_accents(text, accents);
            text = accents;
        }
        if self.lowercase {
            lower.clear();
            push_lowercase(text, lower);
            text = lower;
        }
        if self.squeeze {
            spaces.clear();
            squeeze(text, spaces);
            text = spaces;
        }
        if let Some(replace) = &self.replace {
            replaced.clear();
            replace.push(text, replaced);
            text = replaced;
        }
        text
    }
}

/// A preprocessed text with the source characters of each of its characters.
#[derive(Default)]
pub struct Aligned {
    pub text: String,
    /// First source character, and the one after the last.
    pub sources: Vec<(u32, u32)>,
}

type Source = (char, (u32, u32));

impl Aligned {
    /// The same text as from `Prepare::apply`, computed more slowly.
    pub fn new(text: &str, prepare: &Prepare) -> Self {
        below_32_bits(text.len(), TEXT_BYTES);
        let mut characters: Vec<Source> = Vec::with_capacity(text.len());
        let mut count = 0;
        let mut push = |piece: &str, covered: &str| {
            // Text is its own source; the source of a space is the whole tag.
            let length = if covered.len() == piece.len() { 1 } else { covered.chars().count() as u32 };
            for character in any_pieces(piece).flat_map(str::chars) {
                characters.push((character, (count, count + length)));
                count += length;
            }
        };
        if prepare.html {
            drop_tags(text, push);
        } else {
            push(text, text);
        }
        if let Some(form) = prepare.form {
            characters = by_cluster(&characters, |cluster, out| normalize(cluster, form, out));
        }
        if prepare.accents {
            characters = by_cluster(&characters, strip_accents);
        }
        if prepare.lowercase {
            characters = aligned_lowercase(&characters);
        }
        if prepare.squeeze {
            characters = aligned_squeeze(&characters);
        }
        if let Some(replace) = &prepare.replace {
            let characters_of = |(character, source)| {
                check(64);
                replace.of(character).chars().map(|character| (character, source)).collect::<Vec<_>>()
            };
            characters = characters.into_iter().flat_map(characters_of).collect();
        }
        Self {
            text: text_of(&characters),
            sources: characters
                .chunks(PIECE)
                .flat_map(|some| checked(some).iter().map(|&(_, source)| source))
                .collect(),
        }
    }
}

/// Check for interrupts, in proportion to the number of characters, and return them.
fn checked(characters: &[Source]) -> &[Source] {
    check(characters.len());
    characters
}

fn text_of(characters: &[Source]) -> String {
    let mut text = String::with_capacity(characters.len());
    for some in characters.chunks(PIECE) {
        text.extend(checked(some).iter().map(|&(character, _)| character));
    }
    text
}

/// Apply `change` to every user-perceived character; the source of the result is the whole cluster.
fn by_cluster(characters: &[Source], change: impl Fn(&str, &mut String)) -> Vec<Source> {
    let text = text_of(characters);
    let (mut out, mut at, mut changed) = (Vec::with_capacity(characters.len()), 0, String::new());
    for cluster in text.graphemes(true) {
        let length = cluster.chars().count();
        check(32);
        changed.clear();
        change(cluster, &mut changed);
        let own = &characters[at..at + length];
        at += length;
        if changed == cluster {
            out.extend_from_slice(own);
        } else {
            let source = (own[0].1 .0, own[length - 1].1 .1);
            out.extend(changed.chars().map(|character| (character, source)));
        }
    }
    out
}

fn aligned_lowercase(characters: &[Source]) -> Vec<Source> {
    let text = text_of(characters);
    let mut lower = String::new();
    push_lowercase(&text, &mut lower);
    let mut letters = lower.chars();
    let mut out = Vec::with_capacity(characters.len());
    for &(character, source) in characters {
        check(8);
        // The form of a capital sigma depends on its neighbours, but its length does not.
        out.extend(letters.by_ref().take(character.to_lowercase().count()).map(|letter| (letter, source)));
    }
    out
}

/// Call `each` with the text in pieces, with a space for every tag, and with the source of each piece.
///
/// A tag is `<`, then a letter, `/`, `!` or `?`, then anything but `<` and `>`, then `>`. A comment may contain both.
fn drop_tags(text: &str, mut each: impl FnMut(&str, &str)) {
    let bytes = text.as_bytes();
    let (mut kept, mut at, mut comments_end, mut steps) = (0, 0, true, Steps::default());
    while let Some(found) = memchr(b'<', &bytes[at..]) {
        let start = at + found;
        steps.at(start);
        let mut end = None;
        if comments_end && bytes[start..].starts_with(b"<!--") {
            end = memchr::memmem::find(&bytes[start + 4..], b"-->").map(|length| start + 4 + length + 3);
            comments_end = end.is_some();
        }
        if end.is_none() && bytes.get(start + 1).is_some_and(|&b| b.is_ascii_alphabetic() || b"/!?".contains(&b)) {
            let stop = memchr::memchr2(b'<', b'>', &bytes[start + 1..]).map(|length| start + 1 + length);
            end = stop.filter(|&stop| bytes[stop] == b'>').map(|stop| stop + 1);
        }
        at = end.unwrap_or(start + 1);
        if let Some(end) = end {
            each(&text[kept..start], &text[kept..start]);
            each(" ", &text[start..end]);
            kept = end;
        }
    }
    each(&text[kept..], &text[kept..]);
}

fn is_normal(text: &str, form: Form) -> bool {
    text.is_ascii()
        || match form {
            Form::Nfc => pieces(text, begins_anew).all(is_nfc),
            Form::Nfkc => pieces(text, begins_anew).all(is_nfkc),
        }
}

fn normalize(text: &str, form: Form, out: &mut String) {
    for piece in pieces(text, begins_anew) {
        match form {
            Form::Nfc => out.extend(piece.nfc()),
            Form::Nfkc => out.extend(piece.nfkc()),
        }
    }
}

/// Whether a text may be divided before a character and the parts normalized separately: its decomposition begins with
/// a starter that does not compose with what precedes, and that is not an accent.
fn begins_anew(character: char) -> bool {
    let stays = |first: Option<char>| {
        first.is_some_and(|first| {
            let is_second = matches!(is_nfc_quick(once(first)), IsNormalized::Maybe);
            canonical_combining_class(first) == 0 && !is_second && !is_accent(first)
        })
    };
    stays(once(character).nfd().next()) && stays(once(character).nfkd().next())
}

/// Decompose, remove accents, compose again.
fn strip_accents(text: &str, out: &mut String) {
    for piece in pieces(text, begins_anew) {
        out.extend(piece.nfd().filter(|&character| !is_accent(character)).nfc());
    }
}

/// Optional marks of Latin, Greek, Cyrillic, Hebrew and Arabic letters. Kana's voicing marks, Indic signs and Thai
/// tones are parts of letters.
fn is_accent(character: char) -> bool {
    matches!(u32::from(character),
        0x0300..=0x036F | 0x0483..=0x0487 | 0x0591..=0x05BD | 0x05BF | 0x05C1..=0x05C2 | 0x05C4..=0x05C5 | 0x05C7
        | 0x0610..=0x061A | 0x064B..=0x065F | 0x0670 | 0x06D6..=0x06DC | 0x06DF..=0x06E4 | 0x06E7..=0x06E8
        | 0x06EA..=0x06ED | 0x1AB0..=0x1AFF | 0x1DC0..=0x1DFF | 0x20D0..=0x20FF | 0xFE20..=0xFE2F)
}

/// Append the text with one space for each run of white space.
fn squeeze(text: &str, out: &mut String) {
    let (mut first, mut count) = (' ', 0);
    for piece in any_pieces(text) {
        for character in piece.chars() {
            if is_space(character) {
                first = character;
                count += 1;
                continue;
            }
            if count > 0 {
                out.push(if count > 1 { ' ' } else { first });
                count = 0;
            }
            out.push(character);
        }
    }
    if count > 0 {
        out.push(if count > 1 { ' ' } else { first });
    }
}

fn aligned_squeeze(characters: &[Source]) -> Vec<Source> {
    let runs = characters.chunk_by(|&(left, _), &(right, _)| is_space(left) && is_space(right));
    let squeezed = runs.map(|run| {
        check(8);
        if run.len() > 1 {
            (' ', (run[0].1 .0, run[run.len() - 1].1 .1))
        } else {
            run[0]
        }
    });
    squeezed.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apply(prepare: &Prepare, text: &str) -> String {
        let fast = prepare.apply(text, &mut Buffers::default()).to_owned();
        let aligned = Aligned::new(text, prepare);
        assert_eq!(aligned.text, fast, "{text:?}");
        assert_eq!(aligned.sources.len(), fast.chars().count());
        fast
    }

    #[test]
    fn tags_become_spaces_and_other_brackets_stay() {
        let html = Prepare { html: true, ..Prepare::default() };
        assert_eq!(apply(&html, "a<br />b <b>c</b> 1 < 2 > 0 <3 <i x"), "a b  c  1 < 2 > 0 <3 <i x");
        assert_eq!(apply(&html, "<!-- <p> -->x<!-- y"), " x<!-- y");
        assert_eq!(apply(&html, "영<화>화<p>é</p"), "영<화>화 é</p");
    }

    #[test]
    fn lower_case_equals_the_standard_librarys() {
        let lower = Prepare { lowercase: true, ..Prepare::default() };
        for text in ["ABC", "ÀÉ가A", "İstanbul ǅ", "ΟΔΟΣ Σ", "", "aÄ", "Ä", "\0A\0Ä"] {
            assert_eq!(apply(&lower, text), text.to_lowercase());
        }
        let every: String = (0..0x11_0000).filter_map(char::from_u32).filter(|&character| character != 'Σ').collect();
        assert_eq!(lower.apply(&every, &mut Buffers::default()), every.to_lowercase());
    }

    #[test]
    fn accents_go_and_letters_stay() {
        let strip = Prepare { accents: true, ..Prepare::default() };
        assert_eq!(apply(&strip, "crème Ångström Ёлка ήλιος"), "creme Angstrom Елка ηλιος");
        assert_eq!(apply(&strip, "が한ก็नी"), "が한ก็नी");
    }

    #[test]
    fn forms_compose() {
        let form = |form| Prepare { form: Some(form), ..Prepare::default() };
        assert_eq!(apply(&form(Form::Nfc), "\u{1112}\u{1161}\u{11ab} e\u{301} ﬁ"), "한 é ﬁ");
        assert_eq!(apply(&form(Form::Nfkc), "ﬁ ① ｶﾞ"), "fi 1 ガ");
    }

    #[test]
    fn sources_tell_where_a_character_was() {
        let prepare = Prepare { html: true, lowercase: true, form: Some(Form::Nfc), ..Prepare::default() };
        let aligned = Aligned::new("<b>E\u{301}İx", &prepare);
        assert_eq!(aligned.text, " éi\u{307}x");
        assert_eq!(aligned.sources, [(0, 3), (3, 5), (5, 6), (5, 6), (6, 7)]);
    }

    #[test]
    fn texts_that_are_cut_become_what_whole_ones_do() {
        let sample: Vec<char> = "aÅ\u{212b}é e\u{301}\u{323}\u{345}\u{20dd}가\u{1112}\u{1161}\u{11ab}ㅎㅏㄴﾎ\u{ff9f}か\u{3099}\u{9c7}\u{9be}\
                                 Σσ'\u{ad}\n\u{a8}\u{fc5e}ﬁ①😀"
            .chars()
            .collect();
        let form = |form| Prepare { form: Some(form), ..Prepare::default() };
        let with = |accents, lowercase| Prepare { accents, lowercase, ..Prepare::default() };
        let mut state = 5u64;
        for round in 0..20_000 {
            let text: String = (0..round % 17)
                .map(|_| {
                    state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                    sample[(state >> 33) as usize % sample.len()]
                })
                .collect();
            for (prepare, expected) in
                [(form(Form::Nfc), text.nfc().collect::<String>()), (form(Form::Nfkc), text.nfkc().collect())]
            {
                assert_eq!(prepare.apply(&text, &mut Buffers::default()), expected, "{text:?}");
            }
            let stripped: String = text.nfd().filter(|&character| !is_accent(character)).nfc().collect();
            let found = with(true, false).apply(&text, &mut Buffers::default()).to_owned();
            assert_eq!(found, if text.is_ascii() { text.clone() } else { stripped }, "{text:?}");
            let found = with(false, true).apply(&text, &mut Buffers::default()).to_owned();
            assert_eq!(found, text.to_lowercase(), "{text:?}");
        }
    }

    #[test]
    fn two_spaces_become_one() {
        let squeeze = Prepare { squeeze: true, ..Prepare::default() };
        assert_eq!(apply(&squeeze, "a\nb \t c\u{a0}\u{a0}"), "a\nb c ");
    }
}
