//! Any bytes are refused or read as a fastText model, and what is read is finite.

use malmoi_core::vectors::fasttext::FastText;

pub fn run(bytes: &[u8]) {
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
