//! Any bytes are refused or read as a word2vec file, with the same result by both readers.

use malmoi_core::vectors::word2vec::Word2Vec;

pub fn run(bytes: &[u8]) {
    let Ok(file) = Word2Vec::open(bytes) else { return };
    let Ok(Some(all)) = file.read(|_| true) else { return };
    assert!(all.words.len() as u64 + all.repeated == file.rows);
    assert!(all.matrix.len() == all.words.len() * file.dimension);
    assert!(all.matrix.iter().all(|number| number.is_finite()));
    let wanted = file.scan(&all.words, |_| true).expect("what is read once is read again").expect("not stopped");
    assert!(wanted.matrix == all.matrix && wanted.repeated == all.repeated);
    assert!(wanted.found.iter().all(|&found| found == 1));
}
