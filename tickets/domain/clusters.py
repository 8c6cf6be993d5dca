"""Questions that ask the same thing, found across languages: average linkage over a similarity made of what there is.

Within a language two questions are alike by their words (TF-IDF over stems and character n-grams) and by their vectors;
across languages by words that both share (names, brands, loans), by the articles nearest to both, and by their vectors,
which say little when the encoder knows one language only. How far that is so shows in the data: a cosine counts by what
it exceeds the usual cosine of these two languages. The result depends on nothing but the questions.
"""

from __future__ import annotations

import base64
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np
import snowballstemmer
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.preprocessing import normalize

from tickets.domain.asked import Asked, Cluster

Floats = NDArray[np.float32]

#: So many questions are compared at once; the time grows with their square.
MOST = 5_000
#: Questions at least so alike on average are one cluster. Set on tests/data/questions_labelled.tsv, as the weights are.
ALIKE = 0.36
STEMS, GRAMS = 0.65, 0.35
#: So many questions are taken to be there besides, with none of their words.
AS_IF = 200
#: How much of its lead over the usual a cosine counts.
VECTORS = 0.8
#: How much the same nearest articles count across languages; within one, what is nearest says no more than the words.
ARTICLES = 0.5
#: Cosines of unrelated questions where there are too few of them to see it.
USUAL_COSINE, FEWEST_TO_SEE = 0.25, 12
#: Places of the nearest articles, and what each is worth.
PLACES = (1.0, 0.5, 0.33)
STEMMER = {"de": "german", "en": "english"}
#: Words that say nothing of the matter.
COMMON = {
    language: frozenset(words.split())
    for language, words in {
        "de": (
            "der die das den dem des ein eine einen einem einer eines und oder aber ich du er sie es wir ihr mich mir "
            "dich dir uns euch ihnen ihm mein meine meinen meinem meiner dein ihre ihren euer eure euren eurer ist "
            "sind war bin hat habt haben habe hab wird werden wurde kann könnt können könnte kannst man muss soll "
            "darf möchte will würde wie was wo wer wann warum wieso welche welcher welches mit von vom zu zum zur bei "
            "beim auf aus in im an am für fürs um nach über bis auch noch nur schon so nicht kein keine ja nein bitte "
            "danke hallo hi guten tag gibt geht etwas wenn dass ob als denn mal doch da hier dann sehr per was "
            "eigentlich möglich"
        ),
        "en": (
            "the a an and or but i you he she it we they me him her us them my your our their his its is are was were "
            "be been am do does did have has had can could will would shall should may might must how what where who "
            "when why which with from of to at by on in into for about as if that this these those there here not no "
            "yes please thanks hello hi any some so just also it's i'm get got possible"
        ),
    }.items()
}


def clusters(questions: Sequence[Asked]) -> list[Cluster]:
    """Every question in exactly one cluster, the largest first; at most `MOST` questions are taken."""
    questions = list(questions)[:MOST]
    groups = list(_same(questions).values())
    heads = [group[0] for group in groups]
    if not heads:
        return []
    alike = similarity(heads)
    found: dict[int, list[int]] = {}
    for place, label in enumerate(_labels(alike)):
        found.setdefault(int(label), []).append(place)
    made = [_cluster(places, groups, alike) for places in found.values()]
    return sorted(made, key=lambda one: (-len(one.ids), one.ids[0]))


def _same(questions: Iterable[Asked]) -> dict[tuple[str, str], list[Asked]]:
    """Questions in the very same words, however they are written, need to be compared once."""
    groups: dict[tuple[str, str], list[Asked]] = {}
    for one in questions:
        groups.setdefault((one.language, " ".join(_words(one.text)) or one.text), []).append(one)
    return groups


def _labels(alike: Floats) -> NDArray[Any]:
    if len(alike) < 2:
        return np.zeros(len(alike), dtype=int)
    far = squareform(1 - alike, checks=False)
    labels: NDArray[Any] = fcluster(linkage(far, "average"), t=1 - ALIKE, criterion="distance")
    return labels


def _cluster(places: list[int], groups: list[list[Asked]], alike: Floats) -> Cluster:
    """The clearest question is alike to most others, and neither a word nor a story."""
    sizes = np.array([len(groups[place]) for place in places], dtype=np.float32)
    central = alike[np.ix_(places, places)] @ sizes
    heads = [groups[place][0] for place in places]
    scores = [
        float(value) / float(sizes.sum()) * _readable(head.text) for value, head in zip(central, heads, strict=True)
    ]
    order = sorted(range(len(places)), key=lambda at: (-scores[at], heads[at].id))
    clearest: dict[str, int] = {}
    for at in order:
        clearest.setdefault(heads[at].language, heads[at].id)
    return Cluster(tuple(one.id for at in order for one in groups[places[at]]), clearest)


def _readable(text: str) -> float:
    words = len(text.split())
    length = 1.0 if 4 <= words <= 16 else 0.7 if words <= 30 else 0.4
    return length * (1.1 if text.strip().endswith("?") else 1.0) * (1.05 if text[:1].isupper() else 1.0)


def similarity(questions: Sequence[Asked]) -> Floats:
    """Of each to each, 0 to 1, symmetric, 1 to itself.

    Any source of likeness may speak for it, none speaks against it.
    """
    languages = np.array([one.language for one in questions])
    # In place where it can be: for the most questions each of these matrices takes 100 MB.
    unlike = _unlike(_by_words(questions), 1.0)
    unlike *= _unlike(_by_vectors(questions, languages), VECTORS)
    articles = _shared(questions, _weighted_articles)
    articles[languages[:, None] == languages[None, :]] = 0
    unlike *= _unlike(articles, ARTICLES)
    alike = _unlike(unlike, 1.0)
    np.clip(alike, 0, 1, out=alike)
    np.fill_diagonal(alike, 1)
    return alike


def _unlike(alike: Floats, weight: float) -> Floats:
    """``1 - weight * alike``, in its place."""
    alike *= -weight
    alike += 1
    return alike


def _by_words(questions: Sequence[Asked]) -> Floats:
    """What they share of stems and of pieces of words."""
    total = _shared(questions, _stems)
    total *= STEMS
    pieces = _shared(questions, _grams)
    pieces *= GRAMS
    total += pieces
    return np.clip(total, 0, 1, out=total)


def _shared(questions: Sequence[Asked], split: Callable[[Asked], Iterator[str]]) -> Floats:
    """Cosine of TF-IDF vectors.

    As if there were more questions, so that among few a shared word is not taken for a common one.
    """
    try:
        counts = CountVectorizer(analyzer=split, dtype=np.float32).fit_transform(questions)
    except ValueError:
        # There is no word in them.
        return np.zeros((len(questions), len(questions)), dtype=np.float32)
    often = np.asarray((counts > 0).sum(axis=0)).ravel()
    rare = np.log((len(questions) + AS_IF) / (often + 1)).astype(np.float32)
    matrix = normalize(counts.multiply(rare).tocsr())
    product: Floats = (matrix @ matrix.T).toarray()
    return product


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.casefold())


def _content(question: Asked) -> list[str]:
    words = _words(question.text)
    return [word for word in words if word not in COMMON.get(question.language, ())] or words


def _stems(question: Asked) -> Iterator[str]:
    stem = _stemmer(question.language)
    return (stem(word) for word in _content(question))


def _grams(question: Asked) -> Iterator[str]:
    """Pieces of four letters, which also meet inside German compounds and in words that two languages share."""
    for word in _content(question):
        framed = f" {word} ".replace("ß", "ss")
        yield from (framed[at : at + 4] for at in range(max(1, len(framed) - 3)))


@cache
def _stemmer(language: str) -> Callable[[str], str]:
    stem: Callable[[str], str] = snowballstemmer.stemmer(STEMMER.get(language, "english")).stemWord
    return stem


def _by_vectors(questions: Sequence[Asked], languages: NDArray[Any]) -> Floats:
    """What cosines exceed the usual ones of their languages by, 0 to 1."""
    vectors = _vectors(questions)
    has = np.linalg.norm(vectors, axis=1) > 0
    cosines: Floats = vectors @ vectors.T
    for first in sorted(set(languages)):
        for second in sorted(set(languages)):
            rows, columns = np.flatnonzero(has & (languages == first)), np.flatnonzero(has & (languages == second))
            block = np.ix_(rows, columns)
            usual = _usual(cosines[block]) if min(len(rows), len(columns)) >= FEWEST_TO_SEE else USUAL_COSINE
            cosines[block] = np.clip((cosines[block] - usual) / (1 - usual), 0, 1)
    cosines[~has, :] = 0
    cosines[:, ~has] = 0
    return cosines


def _usual(cosines: Floats) -> float:
    """The upper quartile of what pairs have, most of which are unrelated."""
    step = max(1, cosines.size // 200_000)
    return min(0.9, float(np.quantile(cosines.ravel()[::step], 0.75)))


def _vectors(questions: Sequence[Asked]) -> Floats:
    """One row each, of length 1; zeros where there is no vector or one of another encoder."""
    rows = [np.frombuffer(base64.b64decode(one.vector), "<f2").astype(np.float32) for one in questions]
    sizes = Counter(len(row) for row in rows if len(row))
    dimension = sizes.most_common(1)[0][0] if sizes else 1
    matrix = np.zeros((len(rows), dimension), dtype=np.float32)
    for place, row in enumerate(rows):
        if len(row) == dimension and np.isfinite(row).all() and (norm := np.linalg.norm(row)) > 0:
            matrix[place] = row / norm
    return matrix


def _weighted_articles(question: Asked) -> Iterator[str]:
    """Each worth less the farther down it stands."""
    for slug, worth in zip(question.articles, PLACES, strict=False):
        yield from [slug] * round(worth * 6)
