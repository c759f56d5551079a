"""How hard a text is to read: grades of English, scores of Spanish, from syllables counted here.

English: Flesch-Kincaid grade, Kincaid et al., Naval Technical Training Command report 8-75, 1975.
Spanish: perspicuity, Szigriszt Pazos, thesis, 1993; read on the INFLESZ scale, Barrio-Cantalejo et al.,
An Sist Sanit Navar 2008;31(2):135-152: up to 40 very hard, 40 to 55 somewhat hard, 55 to 65 normal,
65 to 80 quite easy, above 80 very easy. On the author's own scale 66 to 75 is read at the age of 12.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

WORD = re.compile(r"\w+(?:['’]\w+)?")
SENTENCE_END = re.compile(r"[.?!:]+(?=\s|$)")
GRADE = 8
"""The highest grade of the English page."""
QUITE_EASY = 65
"""The lowest score of the Spanish page: the band of basic schooling, a band below what `normal` asks for."""

SPOKEN_APART = re.compile(r"i(?:a(?!l\b)|o(?!n|us)|u|et)|[aeouy]ing")
"""Vowels beside each other, each in a syllable of its own: di-ary, be-ing."""
IRREGULAR = {"diabetes": 4, "january": 4, "february": 4, "someone": 2, "one": 1}


def english_syllables(word: str) -> int:
    """Return how many syllables an English word has, or one more; a number has one for each digit."""
    word = re.sub(r"['’]\w*$", "", word.lower())
    if word.isdecimal():
        return len(word)
    if word in IRREGULAR:
        return IRREGULAR[word]
    spoken = re.sub(r"(?<=[^aeiouy])e$|(?<![aeiouydt])ed$|(?<=[^aeiouyscxzgh])es$", "", word)
    if re.search(r"[^aeiouy]l(?:e|es|ed)$", word):
        spoken = word.rstrip("sd")
    return max(1, len(re.findall(r"[aeiouy]+", spoken)) + len(SPOKEN_APART.findall(spoken)))


def spanish_syllables(word: str) -> int:
    """Return how many syllables a Spanish word has; a number has one for each digit."""
    word = word.lower()
    if word.isdecimal():
        return len(word)
    heard = re.sub(r"qu|gu(?=[eéií])", "k", word).replace("h", "")
    heard = re.sub(r"y(?![aeiouáéíóú])", "i", heard)
    groups = re.findall(r"[aeiouáéíóúü]+", heard)
    return sum(max(1, len(re.findall(r"[aeoáéóíú]", group))) for group in groups) or 1


def _means(lines: Sequence[str], syllables: Callable[[str], int]) -> tuple[float, float]:
    """Return words in a sentence and syllables in a word; a line without a stop is a sentence too."""
    sentences = [
        words for line in lines for part in SENTENCE_END.split(line) if (words := WORD.findall(part))
    ]
    words = [word for sentence in sentences for word in sentence]
    return len(words) / len(sentences), sum(map(syllables, words)) / len(words)


def flesch_kincaid_grade(lines: Sequence[str]) -> float:
    """Return the school year of the United States in which English `lines` are understood."""
    in_sentence, in_word = _means(lines, english_syllables)
    return 0.39 * in_sentence + 11.8 * in_word - 15.59


def perspicuity(lines: Sequence[str]) -> float:
    """Return how easy Spanish `lines` are, from 0 to about 100: the higher, the easier."""
    in_sentence, in_word = _means(lines, spanish_syllables)
    return 206.835 - 62.3 * in_word - in_sentence


def longest_sentence(lines: Sequence[str]) -> int:
    """Return the number of words of the longest sentence in `lines`."""
    return max(len(WORD.findall(part)) for line in lines for part in SENTENCE_END.split(line))
