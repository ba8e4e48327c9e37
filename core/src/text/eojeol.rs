//! Korean words between spaces (eojeol), with frequent particles split off by a closed list and the rule of final
//! consonants. No dictionary is used; `docs/text.md` describes the errors.

/// Required end of the syllable before a particle.
#[derive(Clone, Copy)]
enum After {
    Any,
    Consonant,
    Vowel,
    /// A vowel, or ㄹ.
    VowelOrRieul,
}

use After::{Any, Consonant, Vowel, VowelOrRieul};

/// Particles by their length in syllables, from 4 to 1.
const PARTICLES: [&[(&str, After)]; 4] = [
    &[("만으로도", Any), ("으로부터", Consonant), ("에서부터", Any), ("에게서는", Any)],
    &[
        ("으로는", Consonant),
        ("으로도", Consonant),
        ("으로만", Consonant),
        ("으로서", Consonant),
        ("으로써", Consonant),
        ("이라도", Consonant),
        ("에서는", Any),
        ("에서도", Any),
        ("에서의", Any),
        ("에서만", Any),
        ("에게는", Any),
        ("에게도", Any),
        ("에게서", Any),
        ("한테는", Any),
        ("한테도", Any),
        ("까지는", Any),
        ("까지도", Any),
        ("까지만", Any),
        ("부터는", Any),
        ("처럼은", Any),
        ("보다는", Any),
        ("보다도", Any),
        ("께서는", Any),
        ("만으로", Any),
        ("로부터", VowelOrRieul),
        ("조차도", Any),
    ],
    &[
        ("으로", Consonant),
        ("이나", Consonant),
        ("이랑", Consonant),
        ("과는", Consonant),
        ("과도", Consonant),
        ("과의", Consonant),
        ("와는", Vowel),
        ("와도", Vowel),
        ("와의", Vowel),
        ("라도", Vowel),
        ("로는", VowelOrRieul),
        ("로도", VowelOrRieul),
        ("로만", VowelOrRieul),
        ("로서", VowelOrRieul),
        ("로써", VowelOrRieul),
        ("에서", Any),
        ("에게", Any),
        ("에는", Any),
        ("에도", Any),
        ("에만", Any),
        ("한테", Any),
        ("부터", Any),
        ("까지", Any),
        ("처럼", Any),
        ("보다", Any),
        ("마다", Any),
        ("밖에", Any),
        ("조차", Any),
        ("하고", Any),
        ("께서", Any),
        ("만의", Any),
        ("만은", Any),
        ("만이", Any),
        ("만을", Any),
        ("만도", Any),
    ],
    &[
        ("은", Consonant),
        ("이", Consonant),
        ("을", Consonant),
        ("과", Consonant),
        ("는", Vowel),
        ("가", Vowel),
        ("를", Vowel),
        ("와", Vowel),
        ("나", Vowel),
        ("랑", Vowel),
        ("로", VowelOrRieul),
        ("에", Any),
        ("의", Any),
        ("도", Any),
        ("만", Any),
    ],
];
/// Frequent adverbs and nouns that end like a particle, from 150,000 film reviews.
const WHOLE: &str = "그래도 그러나 그대로 말그대로 제대로 의외로 실제로 억지로 스스로 그야말로 너무나 얼마나 언제나 게다가 \
                     보다가 하다가 적어도 이정도 완성도 몰입도 하나같이 똑같이 불구하고 드라마다 고양이 어린이 호랑이 원숭이";
const LONGEST: usize = PARTICLES.len();
/// Minimum number of characters of a stem, so that 아이, 나이, 사이 are not split.
const LEAST_STEM: usize = 2;
/// UTF-8 of a Hangul syllable.
const SYLLABLE_BYTES: usize = 3;
const FIRST_SYLLABLE: u32 = 0xAC00;
const LAST_SYLLABLE: u32 = 0xD7A3;
/// Number of syllables that differ only in their final consonant; 0 is none, 8 is ㄹ.
const FINALS: u32 = 28;
const RIEUL: u32 = 8;
/// -지만 is an ending.
const BEFORE_NO_MAN: char = '지';

/// Laughter and tears, which follow words without a space; at most two of a run are kept.
fn is_feeling(character: char) -> bool {
    matches!(character, 'ㅋ' | 'ㅎ' | 'ㅠ' | 'ㅜ')
}

/// Call `each` with the tokens of `word` at byte `offset`: runs of laughter and tears, stems, and particles if they are
/// kept.
pub fn cut(word: &str, offset: usize, particles: bool, mut each: impl FnMut(&[u8], usize, usize)) {
    let mut start = 0;
    while let Some(first) = word[start..].chars().next() {
        let same = |character: char| {
            if is_feeling(first) {
                character == first
            } else {
                !is_feeling(character)
            }
        };
        let end = word[start..].find(|character| !same(character)).map_or(word.len(), |length| start + length);
        let piece = &word[start..end];
        if is_feeling(first) {
            let kept = piece.len().min(2 * first.len_utf8());
            each(&piece.as_bytes()[..kept], offset + start, offset + end);
        } else {
            let stem = piece.len() - particle_bytes(piece);
            each(&piece.as_bytes()[..stem], offset + start, offset + start + stem);
            if particles && stem < piece.len() {
                each(&piece.as_bytes()[stem..], offset + start + stem, offset + end);
            }
        }
        start = end;
    }
}

/// Number of bytes of the longest particle at the end of the word; 0 if there is none.
fn particle_bytes(word: &str) -> usize {
    for (list, syllables) in PARTICLES.iter().zip((1..=LONGEST).rev()) {
        let Some(stem) = word.len().checked_sub(syllables * SYLLABLE_BYTES).filter(|&at| word.is_char_boundary(at))
        else {
            continue;
        };
        let (stem, ending) = word.split_at(stem);
        let Some(&(_, after)) = list.iter().find(|(particle, _)| *particle == ending) else { continue };
        // A shorter particle is not tried: 책으로 is not 책으 and 로.
        let mut last = stem.chars().rev();
        let fits = last.next().is_some_and(|character| follows(after, character, ending));
        let cut = fits && last.nth(LEAST_STEM - 2).is_some() && !WHOLE.split(' ').any(|whole| whole == word);
        return if cut { ending.len() } else { 0 };
    }
    0
}

/// Whether a particle may follow a character; the pronunciation of other scripts is unknown.
fn follows(after: After, character: char, particle: &str) -> bool {
    let code = u32::from(character);
    if !(FIRST_SYLLABLE..=LAST_SYLLABLE).contains(&code) {
        return character.is_alphanumeric();
    }
    let last = (code - FIRST_SYLLABLE) % FINALS;
    match after {
        Any => !(particle == "만" && character == BEFORE_NO_MAN),
        Consonant => last != 0,
        Vowel => last == 0,
        VowelOrRieul => last == 0 || last == RIEUL,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(word: &str, particles: bool) -> Vec<String> {
        let mut found = Vec::new();
        cut(word, 0, particles, |token, _, _| found.push(String::from_utf8_lossy(token).into_owned()));
        found
    }

    #[test]
    fn particles_are_split_where_final_consonants_allow_it() {
        for (word, expected) in [
            ("영화가", ["영화", "가"]),
            ("감독이", ["감독", "이"]),
            ("극장에서는", ["극장", "에서는"]),
            ("연출로", ["연출", "로"]),
            ("배우로", ["배우", "로"]),
            ("감동으로", ["감동", "으로"]),
            ("tv는", ["tv", "는"]),
        ] {
            assert_eq!(tokens(word, true), expected);
            assert_eq!(tokens(word, false), expected[..1]);
        }
        for word in [
            "아이",
            "나이",
            "사이",
            "의의",
            "책으로",
            "영화은",
            "감독가",
            "감독로",
            "하지만",
            "고양이",
            "이",
            "에서는",
            "정말",
            "good",
        ] {
            assert_eq!(tokens(word, true), [word]);
        }
    }

    #[test]
    fn laughter_and_tears_stand_alone() {
        assert_eq!(tokens("영화가ㅋㅋㅋㅋㅠㅠ", true), ["영화", "가", "ㅋㅋ", "ㅠㅠ"]);
        assert_eq!(tokens("ㅋ", true), ["ㅋ"]);
        assert_eq!(tokens("ㄱㅅㅎㅎㅎ", false), ["ㄱㅅ", "ㅎㅎ"]);
        let mut places = Vec::new();
        cut("굿ㅋㅋㅋ", 5, true, |_, start, end| places.push((start, end)));
        assert_eq!(places, [(5, 8), (8, 17)]);
    }
}
