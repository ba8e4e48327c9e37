//! Training texts as words and buckets, with their labels and weights.

use crate::fasttext::dictionary::{Dictionary, Feature, Scratch};
use crate::foundation::interrupts::check;
use crate::foundation::parallel::{even_ranges, map_each};

/// Texts as symbols: a word has its number, a bucket the number of words plus its own. Words of the dictionary stand
/// for their character n-grams too.
#[derive(Default)]
pub struct Documents {
    pub symbols: Vec<u32>,
    /// End of the symbols of each text.
    pub ends: Vec<usize>,
    /// Indices of the labels of all texts, and the end of those of each text.
    pub labels: Vec<u32>,
    pub label_ends: Vec<usize>,
    pub weights: Vec<f32>,
}

/// The labels and weights of some texts.
#[derive(Clone, Copy)]
pub struct Targets<'a> {
    pub labels: &'a [u32],
    pub ends: &'a [usize],
    pub weights: &'a [f32],
}

impl Documents {
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Add texts with their labels; `targets.ends` ascends, and has a value per text, as the weights do.
    pub fn add(&mut self, dictionary: &Dictionary, texts: &[&str], targets: Targets, threads: usize) {
        let ranges = even_ranges(texts.iter().map(|text| 2 * text.len()), threads);
        let first_label = self.labels.len();
        for (symbols, ends) in map_each(ranges, |range| symbols_of(dictionary, &texts[range])) {
            let before = self.symbols.len();
            self.symbols.extend(symbols);
            self.ends.extend(ends.into_iter().map(|end| before + end));
        }
        self.labels.extend(targets.labels);
        self.label_ends.extend(targets.ends.iter().map(|end| first_label + end));
        self.weights.extend(targets.weights);
    }

    pub fn symbols_of(&self, document: usize) -> &[u32] {
        let start = if document == 0 { 0 } else { self.ends[document - 1] };
        &self.symbols[start..self.ends[document]]
    }

    pub fn labels_of(&self, document: usize) -> &[u32] {
        let start = if document == 0 { 0 } else { self.label_ends[document - 1] };
        &self.labels[start..self.label_ends[document]]
    }
}

fn symbols_of(dictionary: &Dictionary, texts: &[&str]) -> (Vec<u32>, Vec<usize>) {
    let (mut symbols, mut ends, mut scratch) = (Vec::new(), Vec::with_capacity(texts.len()), Scratch::default());
    for text in texts {
        check(4 * text.len() + 64);
        dictionary.for_each_but_known(text.as_bytes(), &mut scratch, |feature, _| {
            symbols.push(match feature {
                Feature::Word(word) => word,
                Feature::Bucket(bucket) => dictionary.words() + bucket,
            });
        });
        ends.push(symbols.len());
    }
    (symbols, ends)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fasttext::dictionary::tests::dictionary;
    use crate::fasttext::dictionary::Features;

    #[test]
    fn documents_are_the_same_at_any_number_of_threads() {
        let features = Features { shortest: 2, longest: 3, words: 2, buckets: 50 };
        let dictionary = dictionary(&["</s>", "good"], &["__label__a"], features);
        let texts = ["good film", "", "a good good one", "bad"];
        let all: Vec<Documents> = [1, 2, 3]
            .into_iter()
            .map(|threads| {
                let mut documents = Documents::default();
                let targets = Targets { labels: &[0, 1, 1, 0, 1], ends: &[1, 2, 4, 5], weights: &[1.0; 4] };
                documents.add(&dictionary, &texts, targets, threads);
                documents.add(&dictionary, &texts, targets, threads);
                documents
            })
            .collect();
        for documents in &all {
            assert_eq!((&documents.symbols, &documents.ends), (&all[0].symbols, &all[0].ends));
            assert_eq!((documents.len(), documents.labels_of(6)), (8, [1, 0].as_slice()));
            assert_eq!(documents.symbols_of(1), [0]);
            assert_eq!(documents.symbols_of(5), [0]);
        }
    }
}
