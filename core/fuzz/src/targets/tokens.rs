//! Any text is preprocessed, tokenized and checked: spans are within the text, counts add up, boundaries are Unicode's.
//!
//! The first byte gives the tokenizer, the second the preprocessing.

use malmoi_core::counting::evidence::each_piece;
use malmoi_core::text::coverage::coverage;
use malmoi_core::text::damage::damage;
use malmoi_core::text::duplicates::first_equals;
use malmoi_core::text::facts::facts;
use malmoi_core::text::markup::markup;
use malmoi_core::text::prepare::{Aligned, Buffers, Form, Prepare};
use malmoi_core::text::profile::likeness;
use malmoi_core::text::scripts::count_letters;
use malmoi_core::text::splitter::Splitter;
use malmoi_core::text::word_break::segments;
use unicode_segmentation::UnicodeSegmentation;

pub fn run(bytes: &[u8]) {
    let [kind, steps, rest @ ..] = bytes else { return };
    let input = String::from_utf8_lossy(rest);
    let texts: Vec<&str> = input.split('\n').collect();
    let (splitter, prepare) = (splitter(*kind, *steps), prepare(*kind, *steps));
    for text in &texts {
        let aligned = Aligned::new(text, &prepare);
        assert!(aligned.text == prepare.apply(text, &mut Buffers::default()));
        assert_eq!(aligned.sources.len(), aligned.text.chars().count());
        let (tokens, spans) = (splitter.tokens(text), splitter.spans(text));
        assert_eq!(tokens.len(), spans.len());
        let characters = text.chars().count() as u32;
        assert!(spans.iter().all(|&(start, end)| start <= end && end <= characters));
        let mut found = Vec::new();
        segments(text, |segment| found.push(&text[segment.start..segment.end]));
        assert!(found == text.split_word_bounds().collect::<Vec<_>>());
        let mut lower = Vec::new();
        each_piece(text, &mut lower, |_| {});
    }
    let found = facts(&texts, 1);
    assert!(found.iter().all(|one| one.letters <= one.characters && one.of_script <= one.letters));
    damage(&texts, 1);
    let [tags, entities] = markup(&texts, 1);
    assert!(tags.texts <= texts.len() as u64 && entities.texts <= texts.len() as u64);
    assert!(coverage(&splitter, &texts, 1).without_tokens <= texts.len() as u64);
    assert!(first_equals(&texts, 1).iter().enumerate().all(|(text, &first)| first <= text));
    count_letters(&texts, 1);
    // A profile has 262,144 trigrams: few inputs compute one.
    if kind >> 3 == 31 {
        let sample: Vec<usize> = (0..texts.len()).collect();
        assert!(likeness(&texts, &sample, 1).iter().all(|one| one.score.is_finite()));
    }
}

fn prepare(kind: u8, steps: u8) -> Prepare {
    let is = |bit: u8| steps >> bit & 1 == 1;
    let form = [None, Some(Form::Nfc), Some(Form::Nfkc), None][usize::from(steps & 3)];
    Prepare { html: is(2), form, accents: is(3), lowercase: is(4), squeeze: is(5) && kind % 8 == 1, replace: None }
}

fn splitter(kind: u8, steps: u8) -> Splitter {
    let (is, prepare) = (|bit: u8| steps >> bit & 1 == 1, prepare(kind, steps));
    match kind % 8 {
        0 => Splitter::words(prepare, is(6), is(7)),
        1 => Splitter::characters(prepare, is(6), is(7)),
        2 => Splitter::keras("!,.", is(4), " "),
        3 => Splitter::keras("!é,", is(4), "<>"),
        4 if is(6) => Splitter::standardized("!,.", is(4), is(5)),
        4 => Splitter::whitespace(prepare),
        5 => Splitter::hangul(prepare, is(6), is(7)),
        6 => Splitter::eojeol(prepare, is(6), is(7)),
        _ => Splitter::pattern(prepare, r"\w+(?:-\w+)*").expect("a pattern"),
    }
}
