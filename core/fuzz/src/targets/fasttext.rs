//! Any bytes are refused or read as a fastText model or classifier, and what is read of vectors is finite.

use malmoi_core::fasttext::files::{read, Form};
use malmoi_core::vectors::fasttext::FastText;

pub fn run(bytes: &[u8]) {
    read_classifier(bytes);
    let Ok(model) = FastText::open(bytes) else { return };
    let known = (0..model.words.len().min(20) as u32).map(|number| model.words.token(number));
    let unknown: [&[u8]; 5] = [b"", b"</s>", b"no_progress", "고양이".as_bytes(), b"\xa7\x80"];
    let words: Vec<&[u8]> = known.chain(unknown).collect();
    if let Ok(Some(found)) = model.vectors(&words, true, 1, |_| true) {
        assert_eq!(found.how.len(), words.len());
        assert_eq!(found.matrix.len(), words.len() * model.dimension);
        assert!(found.matrix.iter().all(|number| number.is_finite()));
    }
}

fn read_classifier(bytes: &[u8]) {
    let Ok(file) = read(&bytes) else { return };
    let size = bytes.len() as u64;
    for place in [&file.input, &file.output] {
        match &place.form {
            Form::Dense(range) => assert!(range.end <= size && range.start <= range.end),
            Form::Quantised { codes, centroids, norms, part } => {
                let ranges = norms.iter().flatten().chain([codes, centroids]);
                assert!(ranges.into_iter().all(|range| range.end <= size && range.start <= range.end));
                assert!(*part > 0);
            }
        }
    }
    assert_eq!(file.output.rows, file.entries.labels.len() as u64);
}
