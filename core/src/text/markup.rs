//! HTML tags, BBCode end tags, and entities.

use crate::foundation::interrupts::check;
use crate::foundation::parallel::{even_ranges, map_each};
use std::collections::BTreeMap;

const KEPT_EXAMPLES: usize = 3;
/// Maximum length of a tag with its attributes.
const LONGEST_TAG: usize = 1000;

#[rustfmt::skip]
const TAGS: [&str; 62] = [
    "a", "abbr", "article", "b", "big", "blockquote", "body", "br", "center", "code", "dd", "del", "div", "dl", "dt",
    "em", "embed", "font", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "head", "header", "hr", "html", "i",
    "iframe", "img", "input", "ins", "li", "link", "meta", "nav", "ol", "p", "pre", "q", "s", "script", "section",
    "small", "span", "strike", "strong", "style", "sub", "sup", "table", "tbody", "td", "th", "thead", "tr", "tt",
    "u", "ul",
];
const BBCODES: [&str; 14] =
    ["b", "center", "code", "color", "i", "img", "left", "list", "quote", "s", "size", "spoiler", "u", "url"];
#[rustfmt::skip]
const ENTITIES: [&str; 54] = [
    "aacute", "acirc", "agrave", "amp", "apos", "auml", "bull", "ccedil", "cent", "copy", "deg", "eacute", "ecirc",
    "egrave", "emsp", "ensp", "euml", "euro", "frac12", "gt", "hearts", "hellip", "iacute", "iexcl", "iuml", "laquo",
    "larr", "ldquo", "lsquo", "lt", "mdash", "middot", "nbsp", "ndash", "ntilde", "oacute", "ocirc", "ouml", "para",
    "pound", "quot", "raquo", "rarr", "rdquo", "reg", "rsquo", "sect", "shy", "szlig", "times", "trade", "uacute",
    "uuml", "zwj",
];

type Names = BTreeMap<String, u64>;

/// Counts of tags or of entities in texts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Markup {
    pub texts: u64,
    /// The first texts that contain some.
    pub examples: Vec<usize>,
    /// Occurrences of each name, and the number of texts that contain it.
    pub names: BTreeMap<String, (u64, u64)>,
}

/// Count tags and BBCode end tags, and entities.
pub fn markup(texts: &[&str], threads: usize) -> [Markup; 2] {
    let ranges = even_ranges(texts.iter().map(|text| text.len()), threads);
    let parts = map_each(ranges, |range| {
        let mut found = <[Markup; 2]>::default();
        for place in range {
            check(texts[place].len());
            let names = find(texts[place]);
            found.iter_mut().zip(names).for_each(|(markup, names)| markup.add(place, names));
        }
        found
    });
    let mut whole = <[Markup; 2]>::default();
    for part in parts {
        whole.iter_mut().zip(part).for_each(|(markup, part)| markup.merge(part, 0));
    }
    whole
}

impl Markup {
    fn add(&mut self, place: usize, names: Names) {
        if names.is_empty() {
            return;
        }
        self.texts += 1;
        if self.examples.len() < KEPT_EXAMPLES {
            self.examples.push(place);
        }
        for (name, count) in names {
            let counts = self.names.entry(name).or_default();
            *counts = (counts.0 + count, counts.1 + 1);
        }
    }

    /// Add the counts of other texts, whose indices are shifted.
    pub fn merge(&mut self, other: Self, first: usize) {
        self.texts += other.texts;
        self.examples.extend(other.examples.iter().map(|place| first + place));
        self.examples.truncate(KEPT_EXAMPLES);
        for (name, (count, texts)) in other.names {
            let counts = self.names.entry(name).or_default();
            *counts = (counts.0 + count, counts.1 + texts);
        }
    }
}

/// Find the names of tags and of entities in one text, with their counts.
fn find(text: &str) -> [Names; 2] {
    let (bytes, mut tags, mut entities) = (text.as_bytes(), Names::new(), Names::new());
    let count = |names: &mut Names, name: Option<String>| {
        name.into_iter().for_each(|name| *names.entry(name).or_default() += 1);
    };
    for at in memchr::memchr2_iter(b'<', b'[', bytes) {
        check(32);
        let rest = &bytes[at + 1..];
        count(&mut tags, if bytes[at] == b'<' { tag(rest) } else { bbcode(rest) });
    }
    for at in memchr::memchr2_iter(b'&', b'#', bytes) {
        check(32);
        let rest = &bytes[at + 1..];
        if bytes[at] == b'&' {
            count(&mut entities, entity(rest));
        } else if at == 0 || bytes[at - 1] != b'&' {
            count(&mut entities, broken_entity(rest));
        }
    }
    [tags, entities]
}

/// Return the name of the tag after "<".
fn tag(rest: &[u8]) -> Option<String> {
    if rest.starts_with(b"!--") || rest.get(..8).is_some_and(|word| word.eq_ignore_ascii_case(b"!doctype")) {
        return Some(if rest[1] == b'-' { "<!-- -->".into() } else { "<!doctype>".into() });
    }
    let (rest, closes) = rest.strip_prefix(b"/").map_or((rest, false), |rest| (rest, true));
    let name = word(rest, 10);
    if TAGS.binary_search(&name.as_str()).is_err() {
        return None;
    }
    let rest = &rest[name.len()..];
    let end = memchr::memchr2(b'<', b'>', &rest[..rest.len().min(LONGEST_TAG)]).filter(|&end| rest[end] == b'>')?;
    let inside = rest[..end].trim_ascii();
    // "<a few>" is not a tag: after the name of a tag comes a slash or an attribute with a value.
    let is_tag = inside.is_empty() || inside == b"/" || (!closes && rest[0] == b' ' && inside.contains(&b'='));
    is_tag.then(|| format!("<{name}>"))
}

/// Return the name of the end tag after "[". A start tag may be an index in a program: "a[i]".
fn bbcode(rest: &[u8]) -> Option<String> {
    let rest = rest.strip_prefix(b"/")?;
    let name = word(rest, 10);
    let found = BBCODES.binary_search(&name.as_str()).is_ok() && rest.get(name.len()) == Some(&b']');
    found.then(|| format!("[/{name}]"))
}

/// Return the name of the entity after "&".
fn entity(rest: &[u8]) -> Option<String> {
    if let Some(rest) = rest.strip_prefix(b"#") {
        let (rest, hexadecimal) = match rest.first() {
            Some(b'x' | b'X') => (&rest[1..], true),
            _ => (rest, false),
        };
        let is_digit = |byte: &&u8| if hexadecimal { byte.is_ascii_hexdigit() } else { byte.is_ascii_digit() };
        let digits = rest.iter().take(8).take_while(is_digit).count();
        return (digits > 0 && rest.get(digits) == Some(&b';')).then(|| "&#...;".into());
    }
    let name = word(rest, 10);
    let found = ENTITIES.binary_search(&name.as_str()).is_ok() && rest.get(name.len()) == Some(&b';');
    found.then(|| format!("&{name};"))
}

/// A numeric entity that has lost its "&".
fn broken_entity(rest: &[u8]) -> Option<String> {
    let digits = rest.iter().take(6).take_while(|byte| byte.is_ascii_digit()).count();
    ((2..=5).contains(&digits) && rest.get(digits) == Some(&b';')).then(|| "#...;".into())
}

/// Return the leading letters and digits in lower case.
fn word(rest: &[u8], longest: usize) -> String {
    let letters = rest.iter().take(longest + 1).take_while(|byte| byte.is_ascii_alphanumeric());
    letters.map(|byte| byte.to_ascii_lowercase() as char).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_and_entities_are_counted_by_name() {
        let texts = [
            "so<br /><BR>good [b]x[/b]",
            "AT&amp;T &#39;n&#x27; it #39;s",
            "1 < 2 <user@host> <a few words> a[i] R&D; &nosuch; <bright> #1; <3",
            "<a href=\"x\">y</a> &nbsp;<!-- c -->",
        ];
        for threads in 1..4 {
            let [tags, entities] = markup(&texts, threads);
            assert_eq!((tags.texts, tags.examples), (2, vec![0, 3]));
            let names: Vec<_> = tags.names.iter().map(|(name, &counts)| (name.as_str(), counts)).collect();
            assert_eq!(names, [("<!-- -->", (1, 1)), ("<a>", (2, 1)), ("<br>", (2, 1)), ("[/b]", (1, 1))]);
            assert_eq!((entities.texts, entities.examples), (2, vec![1, 3]));
            let names: Vec<_> = entities.names.iter().map(|(name, &counts)| (name.as_str(), counts)).collect();
            assert_eq!(names, [("#...;", (1, 1)), ("&#...;", (2, 1)), ("&amp;", (1, 1)), ("&nbsp;", (1, 1))]);
        }
    }

    #[test]
    fn the_names_are_sorted() {
        assert!(TAGS.is_sorted() && BBCODES.is_sorted() && ENTITIES.is_sorted());
    }
}
