//! N-grams that are columns of a matrix, and the rows of texts: the n-grams of a text, their counts and weights.

use crate::counting::occurrence::Occurrence;
use crate::foundation::interrupts::check;
use crate::foundation::parallel::worthwhile;
use crate::foundation::sorting::sort_row;
use crate::ngrams::codes::{part_of_pair, place, Coded, CodedRange, NONE};
use crate::ngrams::grams::{Counted, Gram, Grams};
use crate::ngrams::matrix::{Local, Matrix, NoRoom, Norm};
use crate::ngrams::ranking::ranked;
use crate::text::pieces::{Steps, PIECE};

/// N-grams that are columns of the matrix.
pub struct Columns {
    /// In the order of the columns: most frequent first, ties by first appearance.
    pub grams: Vec<Counted>,
    tokens: Vec<u32>,
    /// Columns of all nodes, part by part, and the start of each part.
    nodes: Vec<u32>,
    starts: Vec<usize>,
    /// The salt of the n-grams to which the columns belong.
    tally: u64,
}

/// Criteria by which n-grams become columns.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub least_count: u64,
    pub least_texts: u64,
    pub most_texts: u64,
    pub most: usize,
}

impl Columns {
    pub fn new(grams: &Grams, limits: Limits) -> Self {
        let texts = limits.least_texts..=limits.most_texts;
        let mut chosen = ranked(grams, |gram| gram.count >= limits.least_count && texts.contains(&gram.texts));
        chosen.truncate(limits.most);
        Self::in_order(grams, chosen)
    }

    /// Columns in the given order of n-grams.
    pub fn in_order(grams: &Grams, chosen: Vec<Counted>) -> Self {
        let mut tokens = vec![NONE; grams.tokens.len()];
        let mut starts = vec![0];
        for count in grams.node_counts() {
            starts.push(starts[starts.len() - 1] + count);
        }
        let mut nodes = vec![NONE; starts[starts.len() - 1]];
        for (gram, column) in chosen.iter().zip(0..) {
            check(16);
            match gram.gram {
                Gram::Token(number) => tokens[number as usize] = column,
                Gram::Code(code) => {
                    let (part, local) = place(code);
                    nodes[starts[part] + local] = column;
                }
            }
        }
        Self { grams: chosen, tokens, nodes, starts, tally: grams.salt() }
    }

    /// Whether these columns belong to the n-grams counted here.
    pub fn belong_to(&self, grams: &Grams) -> bool {
        self.tally == grams.salt()
    }

    fn of_token(&self, number: u32) -> u32 {
        self.tokens.get(number as usize).copied().unwrap_or(NONE)
    }

    /// Columns of the codes of a range of texts, in the same order.
    fn of_codes(&self, range: &CodedRange, width: usize) -> Vec<u32> {
        let mut columns = Vec::with_capacity(range.codes.len());
        for (offsets, starts) in range.offsets.windows(2).zip(self.starts.windows(2)) {
            let nodes = &self.nodes[starts[0]..starts[1]];
            let codes = &range.codes[offsets[0] as usize * width..offsets[1] as usize * width];
            // N-grams counted after the columns were chosen have no column; `NONE` is beyond all nodes too.
            columns.extend(codes.iter().map(|&local| nodes.get(local as usize).copied().unwrap_or(NONE)));
        }
        columns
    }
}

/// Add the rows of a batch to a matrix; `weights` has a factor for every column.
pub fn add_rows(
    matrix: &mut Matrix,
    coded: &Coded,
    columns: &Columns,
    local: Local,
    weights: Option<&[f64]>,
    norm: Norm,
    threads: usize,
) -> Result<(), NoRoom> {
    let threads = worthwhile(16 * coded.runs.tokens.len(), threads);
    matrix.add(coded.ranges.iter().collect(), threads, threads, |range, csr| {
        let (mut found, mut spare) = (Vec::new(), Vec::new());
        let mut streams = Streams::new(columns, range, coded.width);
        for text in range.texts.clone() {
            let tokens = coded.runs.text(text);
            found.clear();
            for some in tokens.chunks(PIECE) {
                check(4 * some.len());
                found.extend(some.iter().map(|token| columns.of_token(token.number())));
            }
            if coded.width > 0 {
                streams.take(coded.salt, tokens, &mut found);
            }
            found.retain(|&column| column != NONE);
            check(16 * found.len());
            sort_row(&mut found, &mut spare);
            csr.push_sums(&found, |column| column, |_| 1);
            if weights.is_some() || local != Local::Count {
                let mut steps = Steps::default();
                for (at, (column, value)) in csr.row_mut().enumerate() {
                    steps.at(at);
                    *value = weights.map_or(1.0, |weights| weights[column as usize]) * local.value(*value);
                }
            }
            csr.end_row(norm);
        }
    })
}

/// Columns of a range's n-grams, sorted by part.
struct Streams {
    columns: Vec<u32>,
    width: usize,
    /// Next index of every part.
    places: Vec<u32>,
}

impl Streams {
    fn new(columns: &Columns, range: &CodedRange, width: usize) -> Self {
        Self { columns: columns.of_codes(range, width), width, places: range.offsets.clone() }
    }

    /// Append the columns of the next text's n-grams of two or more tokens.
    fn take(&mut self, salt: u64, tokens: &[Occurrence], found: &mut Vec<u32>) {
        let mut steps = Steps::default();
        for (at, pair) in tokens.windows(2).enumerate() {
            steps.at(at);
            if let Some(part) = part_of_pair(salt, pair[0], pair[1]) {
                let place = &mut self.places[part as usize];
                let start = *place as usize * self.width;
                *place += 1;
                found.extend(&self.columns[start..start + self.width]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::foundation::interrupts::{run, Ended, Poll};
    use crate::foundation::limits::{self, Exceeded};
    use crate::ngrams::matrix::Csr;
    use crate::text::prepare::Prepare;
    use crate::text::splitter::Splitter;

    const ALL: Limits = Limits { least_count: 1, least_texts: 1, most_texts: u64::MAX, most: usize::MAX };
    const TEXTS: [&str; 4] = ["a b a b c", "", "c a b", "b d"];

    fn counted(threads: usize, cut: usize, stop_words: &[&str]) -> (Grams, Vec<Coded>) {
        let mut grams = Grams::new(Splitter::whitespace(Prepare::default()), threads, 1, 3, stop_words);
        let coded = [&TEXTS[..cut], &TEXTS[cut..]].map(|texts| grams.add(texts, true).expect("few").expect("kept"));
        (grams, coded.into())
    }

    fn rows<'a>(coded: impl IntoIterator<Item = &'a Coded>, columns: &Columns, local: Local, threads: usize) -> Csr {
        let mut matrix = Matrix::new(TEXTS.len());
        for coded in coded {
            add_rows(&mut matrix, coded, columns, local, None, Norm::None, threads).expect("few");
        }
        matrix.finish()
    }

    fn names(grams: &Grams, columns: &Columns) -> Vec<String> {
        let name = |&token: &u32| String::from_utf8_lossy(grams.tokens.token(token)).into_owned();
        columns.grams.iter().map(|gram| grams.path(gram.gram).iter().map(name).collect::<Vec<_>>().join(" ")).collect()
    }

    #[test]
    fn ngrams_are_the_same_at_any_number_of_threads_and_any_cut() {
        let mut seen = Vec::new();
        for (threads, cut) in [(1, 0), (1, 2), (2, 1), (3, 4), (5, 3)] {
            let (grams, coded) = counted(threads, cut, &[]);
            let columns = Columns::new(&grams, ALL);
            let counts: Vec<_> = columns.grams.iter().map(|gram| (gram.count, gram.texts, gram.first)).collect();
            let all = rows(&coded, &columns, Local::Count, threads);
            assert_eq!(all, rows([&grams.find(&TEXTS)], &columns, Local::Count, threads));
            seen.push((names(&grams, &columns), counts, all));
        }
        assert_eq!(seen[0].0[..5], ["b", "a", "a b", "c", "a b a"]);
        assert_eq!(seen[0].1[..3], [(4, 3, 1 << 8 | 1), (3, 2, 1), (3, 2, 2)]);
        assert!(seen.windows(2).all(|pair| pair[0] == pair[1]));
    }

    #[test]
    fn sizes_beyond_32_bits_are_refused() {
        let whitespace = || Splitter::whitespace(Prepare::default());
        let ended = |work: &mut dyn FnMut()| run(|| Poll::Continue, work).err();
        let mut pairs = Grams::new(whitespace(), 1, 1, 2, &[]);
        let long = "a ".repeat(1 << 18);
        let find = |texts: &[&str]| ended(&mut || drop(pairs.find(texts)));
        assert!(matches!(find(&[&long]), Some(Ended::Exceeded(Exceeded(rule))) if rule.contains("fewer than 2**32")));
        assert_eq!(find(&[&long[2..]]), None);
        assert!(ended(&mut || drop(pairs.add(&[&long], true))).is_some());
        let mut pairs = Grams::new(whitespace(), 1, 1, 2, &[]);
        pairs.add_totals(u64::from(u32::MAX) - 1, 0);
        assert_eq!(ended(&mut || drop(pairs.add(&["a b"], false))), None);
        assert_eq!(ended(&mut || drop(pairs.add(&["a b"], false))), Some(Ended::Exceeded(Exceeded(limits::TEXTS))));
        let mut tokens = Grams::new(whitespace(), 1, 1, 1, &[]);
        tokens.add_totals(1 << 40, 0);
        assert_eq!(ended(&mut || drop(tokens.add(&["a b"], false))), None);
    }

    #[test]
    fn stop_words_leave_before_ngrams_are_made() {
        let (grams, _) = counted(2, 1, &["b", "z"]);
        let columns = Columns::new(&grams, ALL);
        assert_eq!(names(&grams, &columns), ["a", "c", "a a", "a a c", "a c", "c a", "d"]);
    }

    #[test]
    fn merging_equals_counting_at_once() {
        let whitespace = || Splitter::whitespace(Prepare::default());
        let (mut left, mut right) = (Grams::new(whitespace(), 1, 1, 2, &[]), Grams::new(whitespace(), 2, 1, 2, &[]));
        left.add(&TEXTS[..1], false).expect("few");
        right.add(&TEXTS[1..], false).expect("few");
        left.merge(&right).expect("few");
        let mut whole = Grams::new(whitespace(), 2, 1, 2, &[]);
        whole.add(&TEXTS, false).expect("few");
        let (merged, at_once) = (Columns::new(&left, ALL), Columns::new(&whole, ALL));
        assert_eq!(names(&left, &merged), names(&whole, &at_once));
        let counts = |columns: &Columns| columns.grams.iter().map(|g| (g.count, g.texts, g.first)).collect::<Vec<_>>();
        assert_eq!(counts(&merged), counts(&at_once));
    }

    #[test]
    fn short_words_of_characters_count_once() {
        let splitter = Splitter::characters(Prepare::default(), false, true);
        let mut grams = Grams::new(splitter, 1, 4, 5, &[]);
        grams.add(&["a bcd"], false).expect("few");
        let columns = Columns::new(&grams, ALL);
        let joined: Vec<String> = names(&grams, &columns).iter().map(|name| name.replace(' ', "")).collect();
        assert_eq!(joined, ["a", "bcd", "bcd", "bcd"]);
        assert_eq!(grams.path(columns.grams[0].gram).len(), 3);
    }

    #[test]
    fn rows_are_weighed_and_brought_to_length() {
        let (grams, _) = counted(1, 0, &[]);
        let columns = Columns::new(&grams, Limits { most: 2, ..ALL });
        let coded = grams.find(&["b b b a", "z"]);
        let weights = [2.0, 1.0];
        let mut matrix = Matrix::new(2);
        add_rows(&mut matrix, &coded, &columns, Local::Sublinear, Some(&weights), Norm::L1, 1).expect("few");
        let csr = matrix.finish();
        let (b, a) = (2.0 * (1.0 + 3f64.ln()), 1.0);
        assert_eq!(csr.columns, [0, 1]);
        assert_eq!(csr.values, [(b / (a + b)) as f32, (a / (a + b)) as f32]);
        assert_eq!(csr.ends, [2, 2]);
    }
}
