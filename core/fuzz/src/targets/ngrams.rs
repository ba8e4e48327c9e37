//! Lists of n-grams are refused or become n-grams with these counts, to which more texts can be added.
//!
//! The first bytes give the orders, the stop words, the words, the n-grams; the lists follow.

use malmoi_core::ngrams::bags::{add_rows, Columns};
use malmoi_core::ngrams::grams::Grams;
use malmoi_core::ngrams::matrix::{Local, Matrix, Norm};
use malmoi_core::ngrams::state::State;
use malmoi_core::text::prepare::Prepare;
use malmoi_core::text::splitter::Splitter;

const TEXTS: [&str; 3] = ["a b a c", "", "b c d"];

pub fn run(bytes: &[u8]) {
    let [orders, stop, words, grams, rest @ ..] = bytes else { return };
    let (longest, words, grams) = (usize::from(orders % 4) + 1, usize::from(words % 6), usize::from(grams % 12));
    let mut rest = rest.iter().copied();
    let mut take = |count: usize| -> Vec<u8> { (0..count).map(|_| rest.next().unwrap_or_default()).collect() };
    let words: Vec<String> = take(words).into_iter().map(|word| char::from(word).to_string()).collect();
    let lengths = take(grams);
    let paths: Vec<u32> = take(lengths.iter().map(|&length| usize::from(length)).sum::<usize>().min(64))
        .into_iter()
        .map(u32::from)
        .collect();
    let wide = |bytes: Vec<u8>| bytes.into_iter().map(|byte| if byte > 250 { u64::MAX } else { byte.into() }).collect();
    let [counts, texts, firsts, totals] = [grams, grams, grams, 2].map(|count| -> Vec<u64> { wide(take(count)) });
    let state = State {
        words: &words,
        lengths: &lengths,
        paths: &paths,
        counts: &counts,
        texts: &texts,
        firsts: &firsts,
        all_texts: totals[0],
        all_tokens: totals[1],
    };
    let stop_words: &[&str] = if stop & 1 == 1 { &["b"] } else { &[] };
    let mut found = Grams::new(Splitter::whitespace(Prepare::default()), 1, 1, longest, stop_words);
    let Ok(listed) = found.restore(&state) else { return };
    assert!(listed.iter().zip(&counts).all(|(gram, &count)| gram.count == count && found.count(gram.gram) == count));
    let columns = Columns::in_order(&found, listed);
    let coded = found.add(&TEXTS, true).expect("few").expect("kept");
    let mut matrix = Matrix::new(TEXTS.len());
    add_rows(&mut matrix, &coded, &columns, Local::Sublinear, None, Norm::L2, 1).expect("few");
    let rows = matrix.finish();
    assert!(rows.ends.len() == TEXTS.len() && rows.columns.iter().all(|&column| (column as usize) < grams));
}
