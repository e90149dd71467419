"""The size of an expression once its repetitions are written out."""

from __future__ import annotations

import pytest

from helpers.mock.studio.patterns import expanded_size


@pytest.mark.parametrize(
    ("pattern", "size"),
    [
        ("", 0),
        ("a", 1),
        ("abc", 3),
        ("a+", 2),
        ("a{3}", 3),
        ("a{3,}", 4),
        ("a{3,5}", 4),
        ("a{0}", 1),
        ("(ab){3}", 6),
        ("(ab)+", 4),
        ("(a{2}b){3}", 9),
        ("((a{2}){3}){4}", 24),
        ("ab{3}c", 5),
    ],
)
def test_each_character_counts_as_often_as_it_is_repeated(pattern: str, size: int) -> None:
    assert expanded_size(pattern) == size
